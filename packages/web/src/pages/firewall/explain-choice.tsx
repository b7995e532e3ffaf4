import type { ExplainAnswer } from "@entrepot/core";
import type { ReactElement, ReactNode } from "react";
import { Badge } from "../../components/badge.tsx";
import { Facts, Panel } from "../../components/panel.tsx";
import { Time } from "../../components/time.tsx";

/** What a client gets, what it would get without rules, and whose word that is. */
export function Choice({ answer }: { answer: ExplainAnswer }): ReactElement {
  const { text, wanted, chosen, withoutPolicy, advisories, refusal } = answer;
  return (
    <Panel title="What a client gets">
      <div className="grid gap-4">
        <p className="flex flex-wrap items-center gap-2">
          <ChoiceBadge isRefused={refusal !== null} chosen={chosen} />
          <span className="max-w-prose min-w-0 [overflow-wrap:anywhere]">{text}</span>
        </p>
        <Facts
          facts={[
            ["Asked for", wanted === null ? "any version" : `${wanted.text} (a ${wanted.kind})`],
            ["It gets", versionOr(chosen, "nothing")],
            ["Without rules", versionOr(withoutPolicy, "nothing fits")],
            ["Comes from", <Origin key="origin" answer={answer} />],
            ["Advisories", <AdvisoriesAge key="age" at={advisories.currentAt} />],
          ]}
        />
      </div>
    </Panel>
  );
}

function ChoiceBadge({ isRefused, chosen }: { isRefused: boolean; chosen: string | null }): ReactElement {
  if (!isRefused) return <Badge tone={chosen === null ? "neutral" : "good"}>As without rules</Badge>;
  return chosen === null ? (
    <Badge tone="bad">Nothing passes</Badge>
  ) : (
    <Badge tone="warn">Another version</Badge>
  );
}

function versionOr(version: string | null, otherwise: string): ReactNode {
  return version === null ? <span className="text-faint">{otherwise}</span> : <code>{version}</code>;
}

const ORIGINS = {
  local: "This registry; it was published here.",
  claimed: "Nowhere: the name is claimed as your own, and nothing is published under it.",
  absent: "Nowhere: neither this registry nor an upstream has it.",
} as const;

function Origin({ answer: { origin, upstream, upstreams, claim } }: { answer: ExplainAnswer }): ReactElement {
  if (origin !== "upstream") {
    return (
      <>
        {ORIGINS[origin]}
        {claim !== null && <> By the claim of {claim}, no upstream is asked.</>}
      </>
    );
  }
  const asked = upstreams.length > 1 && `, of ${upstreams.join(", ")}, asked in this order`;
  if (upstream === null) return <>An upstream{asked}.</>;
  return (
    <>
      The upstream {upstream.name}
      {asked}.{" "}
      {upstream.isFresh && upstream.freshUntil !== null ? (
        <>
          Its word is fresh and asked for anew <Time at={upstream.freshUntil} />.
        </>
      ) : (
        <>Its word is old, and asked for anew with the next request.</>
      )}
    </>
  );
}

function AdvisoriesAge({ at }: { at: string | null }): ReactElement {
  if (at === null) return <>None are known here.</>;
  return (
    <>
      Current as of <Time at={at} />
    </>
  );
}

/** Where tags lead that would name a version held back. */
export function TagMoves({ moves }: { moves: ExplainAnswer["tagMoves"] }): ReactElement | null {
  if (moves.length === 0) return null;
  return (
    <Panel title="Tags that lead elsewhere">
      <ul className="grid gap-1.5">
        {moves.map(({ tag, from, to }) => (
          <li key={tag}>
            <code>{tag}</code> names <code>{from}</code> upstream;{" "}
            {to === null ? (
              "here it is left out, as nothing that passes can stand for it."
            ) : (
              <>
                here it names <code>{to}</code>.
              </>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
