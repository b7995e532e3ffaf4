import { type Verdict } from "@entrepot/core";
import { EXCEPTION_DAYS_MAX, EVERYWHERE, type ExceptionRecord } from "../../firewall/index.ts";
import type { OwnSession } from "../../identity/index.ts";
import { isOwnerOf, mayDecideOn, type ExceptionView } from "../exception-rights.ts";
import { alertOf, field, html, type Html } from "./page.ts";
import { liftable, type Asked, type RequestState } from "./request-state.ts";

const HIDDEN_SHOWN = 20;
const DAYS_DEFAULT = "7";

/** What the form was sent with, to be shown again. */
export interface Filled {
  reason: string;
  days: string;
  range: string;
}

/** The page's content. */
export function requestView(
  state: RequestState,
  shown: { problem: string | null; filled: Filled | null; done: string | null },
): Html {
  const { session, registry } = state;
  return html`${alertOf(shown.problem)}${shown.done === null ? html`` : html`<p role="status">${shown.done}</p>`}
  ${registry === null ? unseen(state) : standing(state)}
  ${session === null ? signInForm() : recordList(state, session)}
  ${session === null || registry === null ? html`` : askForm(state, { session, filled: shown.filled })}
  ${fromTerminal(state)}`;
}

function unseen({ asked, session }: RequestState): Html {
  if (session === null) {
    return html`<p>
      Somebody was refused <strong>${what(asked)}</strong> in the registry ${asked.registry}. Sign in to see
      why.
    </p>`;
  }
  return html`<p role="alert">
    There is no registry ${asked.registry} with a package ${asked.name} that ${session.principal.name} may
    see.
  </p>`;
}

function what({ name, version }: Asked): string {
  return version === "" ? name : `${name}@${version}`;
}

function standing({ asked, verdict, hidden }: RequestState): Html {
  if (verdict !== null) return refusal(asked, verdict);
  if (asked.version === "" && hidden.size > 0) return hiddenList(asked, hidden);
  return html`<p>
    As far as is known here, nothing refuses <strong>${what(asked)}</strong> in the registry ${asked.registry}
    now. Try again.
  </p>`;
}

function refusal(asked: Asked, verdict: Verdict): Html {
  const { rule, reason, until, alternatives, reference } = verdict;
  return html`<p>
      The registry ${asked.registry} does not give out <strong>${what(asked)}</strong>: ${reason}
    </p>
    <dl>
      <dt>Rule</dt>
      <dd>${rule}</dd>
      ${until === null ? html`` : row("Held until", new Date(until).toISOString())}
      ${alternatives.length === 0 ? html`` : row("What works instead", alternatives.join(", "))}
      ${reference === null ? html`` : row("More about it", reference)}
    </dl>`;
}

function row(name: string, value: string): Html {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

function hiddenList({ registry, name }: Asked, hidden: ReadonlyMap<string, Verdict>): Html {
  const items = [...hidden]
    .slice(0, HIDDEN_SHOWN)
    .map(
      ([version, { rule, reason }]) =>
        html`<li>
          <a href="?${new URLSearchParams({ registry, package: name, version }).toString()}">${version}</a>:
          ${rule}. ${reason}
        </li>`,
    );
  return html`<p>These versions of <strong>${name}</strong> are refused in the registry ${registry}:</p>
    <ul>
      ${items}
    </ul>`;
}

function signInForm(): Html {
  return html`<h2>Sign in</h2>
    <form method="post">
      <input type="hidden" name="do" value="sign-in" />${[
        field({ label: "User name", name: "user", autocomplete: "username" }),
        field({ label: "Password", name: "password", type: "password", autocomplete: "current-password" }),
      ]}<button>Sign in</button>
    </form>`;
}

function askForm(
  { asked, verdict }: RequestState,
  { session, filled }: { session: OwnSession; filled: Filled | null },
): Html {
  if (verdict !== null && liftable(verdict) === null) {
    return html`<p>No exception lifts the rule ${verdict.rule}; talk to who runs this registry.</p>`;
  }
  const isMalware = verdict?.rule === "malware";
  return html`<h2>Ask for it</h2>
    ${isMalware ? html`<p>This is known malware: two people have to agree to let it pass.</p>` : html``}
    <form method="post">
      <input type="hidden" name="do" value="ask" /><input
        type="hidden"
        name="csrf"
        value="${session.csrfToken}"
      />${[
        field({ label: "Why you need it", name: "reason", autocomplete: "off", value: filled?.reason ?? "" }),
        field({
          label: "Versions",
          name: "range",
          autocomplete: "off",
          value: filled?.range ?? (asked.version || "*"),
        }),
        field({
          label: `For how many days, ${EXCEPTION_DAYS_MAX} at most`,
          name: "days",
          autocomplete: "off",
          value: filled?.days ?? DAYS_DEFAULT,
        }),
      ]}<button>Ask as ${session.principal.name}</button>
    </form>`;
}

function recordList({ records, view }: RequestState, session: OwnSession): Html {
  if (records.length === 0) return html``;
  return html`<h2>Requests and exceptions</h2>
    <ul>
      ${records.map((record) => recordItem(record, { view, session }))}
    </ul>`;
}

function recordItem(
  record: ExceptionRecord,
  { view, session }: { view: ExceptionView; session: OwnSession },
): Html {
  const { packages, range, state, owner, reason, rules, registryId } = record;
  const place = registryId === EVERYWHERE ? " in every registry" : "";
  return html`<li>
    <strong>${packages}@${range}</strong>${place}, from ${rules === null ? "all rules" : rules.join(", ")}:
    ${state}${endText(record)}. ${owner} says:
    ${reason}${approvals(record)}${
      record.note === "" ? html`` : html` ${record.decidedBy ?? ""} says: ${record.note}`
    }
    ${state === "requested" ? deciding(record, { view, session }) : html``}
  </li>`;
}

function endText({ expiresAt }: ExceptionRecord): string {
  return expiresAt === null ? "" : ` until ${new Date(expiresAt).toISOString()}`;
}

function approvals({ approvedBy, approvalsNeeded, state }: ExceptionRecord): Html {
  if (approvedBy.length === 0) return html``;
  const missing = approvalsNeeded - approvedBy.length;
  const more = state === "requested" && missing > 0 ? `; ${missing} more has to` : "";
  return html` (agreed to by ${approvedBy.join(" and ")}${more})`;
}

function deciding(
  record: ExceptionRecord,
  { view, session }: { view: ExceptionView; session: OwnSession },
): Html {
  const isOwn = isOwnerOf(view, record);
  if (!mayDecideOn(view, record) && !isOwn) return html``;
  const verbs = isOwn
    ? [["revoke", "Take it back"]]
    : [
        ["approve", "Approve"],
        ["reject", "Reject"],
      ];
  return html`<form method="post">
    <input type="hidden" name="csrf" value="${session.csrfToken}" /><input
      type="hidden"
      name="id"
      value="${record.id}"
    />
    ${isOwn ? html`` : noteField()}
    ${verbs.map(([verb = "", label = ""]) => html`<button name="do" value="${verb}">${label}</button>`)}
  </form>`;
}

function noteField(): Html {
  return html`<label>What to tell them <input name="note" autocomplete="off" /></label>`;
}

/** The same from a terminal, for who is not signed in here. */
function fromTerminal({ asked, verdict }: RequestState): Html {
  const rule = verdict === null ? null : liftable(verdict);
  if (verdict !== null && rule === null) return html``;
  const words = [
    `entrepot request '${asked.name}@${asked.version || "*"}'`,
    `--registry ${asked.registry}`,
    ...(rule === null ? [] : [`--rule ${rule}`]),
    `--reason 'why you need it' --days ${DAYS_DEFAULT}`,
  ];
  return html`<h2>Or from a terminal</h2>
    <p><code>${words.join(" ")}</code></p>`;
}
