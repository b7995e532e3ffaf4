import type { CandidateAnswer, ExplainAnswer } from "@entrepot/core";
import { useMemo, type ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { Time } from "../../components/time.tsx";
import { counted, outcomeWords } from "./firewall-words.ts";

interface CandidatesProps {
  answer: ExplainAnswer;
  /** The version that is looked at closely. */
  shown: string | undefined;
  onShow: (version: string) => void;
}

/** Every version that fits, the best first, with the rule that holds it back. */
export function Candidates({ answer, shown, onShow }: CandidatesProps): ReactElement {
  const { candidates, candidateCount, hiddenCount, chosen } = answer;
  const columns = useMemo(() => columnsFor({ chosen, shown, onShow }), [chosen, shown, onShow]);
  const rest = candidateCount - candidates.length;
  return (
    <Panel
      title="Versions that fit"
      isFlush
      actions={
        <span className="text-soft">
          {counted(candidateCount, "version")}, {hiddenCount} held back
        </span>
      }
    >
      <DataTable
        label="Versions that fit"
        columns={columns}
        rows={candidates}
        keyOf={({ version }) => version}
      />
      {rest > 0 && (
        <p className="border-t border-line px-4 py-2.5 text-soft">
          {counted(rest, "more version")} that fit; name a narrower range to see them.
        </p>
      )}
    </Panel>
  );
}

function columnsFor({
  chosen,
  shown,
  onShow,
}: Pick<CandidatesProps, "shown" | "onShow"> & { chosen: string | null }): Column<CandidateAnswer>[] {
  return [
    {
      heading: "Version",
      cell: ({ version }) => (
        <button
          type="button"
          aria-pressed={version === shown}
          className="rounded font-mono text-accent underline aria-pressed:font-semibold"
          onClick={() => onShow(version)}
        >
          {version}
        </button>
      ),
    },
    {
      heading: "State",
      cell: ({ version, verdict }) => {
        const { word, tone } = outcomeWords(verdict.outcome);
        return (
          <span className="flex flex-wrap gap-1">
            <Badge tone={tone}>{word}</Badge>
            {version === chosen && <Badge tone="accent">Chosen</Badge>}
          </span>
        );
      },
    },
    { heading: "Why", cell: ({ verdict }) => <Why verdict={verdict} /> },
    {
      heading: "Until",
      isMinor: true,
      cell: ({ verdict: { until } }) =>
        until === null ? <span className="text-faint">—</span> : <Time at={until} />,
    },
    {
      heading: "Published",
      isMinor: true,
      cell: ({ publishedAt }) =>
        publishedAt === null ? <span className="text-faint">unknown</span> : <Time at={publishedAt} />,
    },
  ];
}

function Why({ verdict: { rule, reason } }: Pick<CandidateAnswer, "verdict">): ReactElement {
  if (rule === "default") return <span className="text-faint">No rule is against it.</span>;
  return (
    <span className="grid max-w-prose gap-0.5">
      <span className="font-medium">{rule}</span>
      <span className="text-soft [overflow-wrap:anywhere]">{reason}</span>
    </span>
  );
}
