import {
  NEVER_LIFTED,
  RULE_IDS,
  type CandidateAnswer,
  type ExplainAnswer,
  type OpinionAnswer,
  type RuleId,
} from "@entrepot/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { Time } from "../../components/time.tsx";
import { ExceptionForm } from "./exception-form.tsx";
import { permissionsQuery } from "./firewall-queries.ts";
import { MODES, outcomeWords } from "./firewall-words.ts";
import { StatusButtons } from "./status-buttons.tsx";
import type { Place } from "./use-place.ts";

const LIFTABLE = RULE_IDS.filter((rule) => !NEVER_LIFTED.has(rule));

interface VersionProps {
  answer: ExplainAnswer;
  candidate: CandidateAnswer;
  place: Place;
}

/** One version closely: what every rule says of it, and what can be done. */
export function VersionPanels({ answer, candidate, place }: VersionProps): ReactElement {
  const { registry, package: name } = answer;
  const { data: may } = useSuspenseQuery(permissionsQuery(registry));
  const mayManage = may.includes("manage-registry");
  const { version, verdict, isHidden } = candidate;
  const rule = LIFTABLE.find((id) => id === verdict.rule);
  return (
    <>
      <Panel title={`What the rules say of ${version}`} isFlush>
        <Opinions opinions={candidate.opinions} />
      </Panel>
      {mayManage && (
        <Panel title={`Decide on ${version}`}>
          <StatusButtons subject={{ registry, name, version }} />
        </Panel>
      )}
      {isHidden && rule !== undefined && (
        <Panel title={mayManage ? `Make an exception for ${version}` : "Ask for an exception"}>
          <ExceptionForm
            key={rule}
            kind={mayManage ? "create" : "request"}
            initial={{ registry, packages: name, range: version, rule }}
            registries={[registry]}
            isForAll={place.isAdmin}
            rules={LIFTABLE}
          />
        </Panel>
      )}
      {isHidden && rule === undefined && (
        <Panel title="No exception lifts this">
          <p className="max-w-prose text-soft">{whyFinal(verdict.rule)}</p>
        </Panel>
      )}
    </>
  );
}

function whyFinal(rule: CandidateAnswer["verdict"]["rule"]): string {
  if (rule === "operator-status") return "Somebody blocked or held it by hand, and can take that back.";
  if (rule === "name-claim") return "The name is claimed as your own; whoever manages claims can give it up.";
  return "Its content is not what was first seen under this version, which has to be looked into.";
}

const COLUMNS: readonly Column<OpinionAnswer>[] = [
  { heading: "Rule", cell: ({ rule }) => <span className="font-medium">{rule}</span> },
  {
    heading: "Says",
    cell: ({ outcome, mode, exception }) => {
      const { word, tone } = outcomeWords(outcome);
      const counts = mode === "enforce" && exception === null;
      return (
        <span className="grid justify-items-start gap-0.5">
          <Badge tone={counts ? tone : "neutral"}>{word}</Badge>
          {!counts && (
            <span className="text-soft">{exception === null ? "if enforced" : "if not excepted"}</span>
          )}
        </span>
      );
    },
  },
  {
    heading: "Why",
    cell: ({ reason, until, exception }) => (
      <span className="grid max-w-prose gap-0.5">
        <span className="[overflow-wrap:anywhere]">{reason}</span>
        {until !== null && (
          <span className="text-soft">
            Ends <Time at={until} />
          </span>
        )}
        {exception !== null && <span className="text-soft">{liftedText(exception)}</span>}
      </span>
    ),
  },
  {
    heading: "Mode",
    isMinor: true,
    cell: ({ mode }) => <Badge tone={MODES[mode].tone}>{MODES[mode].word}</Badge>,
  },
];

function liftedText({ packages, range, owner, reason }: NonNullable<OpinionAnswer["exception"]>): string {
  const what = `An exception for ${packages}@${range} lifts it`;
  return owner === undefined ? `${what}.` : `${what}, wanted by ${owner}: ${reason ?? ""}`;
}

function Opinions({ opinions }: { opinions: readonly OpinionAnswer[] }): ReactElement {
  if (opinions.length === 0) {
    return <p className="px-4 py-4 text-soft">No rule has anything to say of it, enforced or not.</p>;
  }
  return (
    <DataTable
      label="What the rules say"
      columns={COLUMNS}
      rows={opinions}
      keyOf={({ rule }: { rule: RuleId }) => rule}
    />
  );
}
