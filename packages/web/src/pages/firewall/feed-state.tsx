import type { AdvisoryStatusAnswer, FeedAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { advisoryStatusQuery } from "./advisory-queries.ts";
import { counted } from "./firewall-words.ts";
import { useChange } from "./use-change.ts";

/** Where advisories come from, how old they are, and what is wrong with that. */
export function FeedState({ isAdmin }: { isAdmin: boolean }): ReactElement {
  const { data, isPending, error, refetch } = useQuery(advisoryStatusQuery());
  const syncing = useChange({
    run: () => api.call("/advisories/sync", { method: "POST", body: {} }),
    said: () => "The feeds are being read; what is new counts as soon as it is there.",
  });
  return (
    <Panel
      title="Feeds"
      isFlush
      actions={
        isAdmin && (
          <Button isBusy={syncing.isPending} onClick={() => syncing.mutate()}>
            Sync now
          </Button>
        )
      }
    >
      {isPending && <LoadingState />}
      {error !== null && <ErrorState error={error} reset={() => void refetch()} />}
      {syncing.error !== null && (
        <div className="p-4">
          <ProblemText problem={syncing.error} />
        </div>
      )}
      {data !== undefined && <Known state={data} />}
    </Panel>
  );
}

function Known({ state }: { state: AdvisoryStatusAnswer }): ReactElement {
  const { alarms, feeds, currentAt, advisories, packages, heldAtEpoch } = state;
  return (
    <>
      <div className="grid gap-2 px-4 py-3">
        {alarms.map((alarm) => (
          <p key={alarm} className="rounded-md bg-bad-soft px-3 py-2 [overflow-wrap:anywhere]">
            {alarm}
          </p>
        ))}
        <p className="text-soft">
          {counted(advisories, "advisory", "advisories")} about {counted(packages, "package")}
          {currentAt === null ? ", never compared with a feed." : ", current as of "}
          {currentAt !== null && <Time at={currentAt} />}
        </p>
        {heldAtEpoch !== null && <p>They are kept as of an earlier time; feeds are not followed.</p>}
      </div>
      {feeds.length === 0 ? (
        <EmptyState title="No feed">
          Feeds are named in the configuration, under <code>advisories.feeds</code>; without one, a bundle can
          be imported.
        </EmptyState>
      ) : (
        <DataTable label="Feeds" columns={COLUMNS} rows={feeds} keyOf={({ name }) => name} />
      )}
    </>
  );
}

const COLUMNS: readonly Column<FeedAnswer>[] = [
  {
    heading: "Feed",
    cell: ({ name, kind, url }) => (
      <span className="grid gap-0.5 [overflow-wrap:anywhere]">
        <span className="font-medium">{name}</span>
        <span className="text-soft">{url ?? kind}</span>
      </span>
    ),
  },
  {
    heading: "State",
    cell: ({ failure, failedAt, checkedAt }) => {
      const isFailing = failedAt !== null && (checkedAt === null || checkedAt < failedAt);
      if (!isFailing && checkedAt === null) return <Badge>not read yet</Badge>;
      if (!isFailing) return <Badge tone="good">well</Badge>;
      return (
        <span className="grid justify-items-start gap-0.5">
          <Badge tone="bad">failing</Badge>
          {failure !== null && <span className="[overflow-wrap:anywhere]">{failure}</span>}
        </span>
      );
    },
  },
  {
    heading: "Checked",
    isMinor: true,
    cell: ({ checkedAt }) =>
      checkedAt === null ? <span className="text-faint">never</span> : <Time at={checkedAt} />,
  },
  { heading: "Records", isNumber: true, isMinor: true, cell: ({ records }) => records.toLocaleString("en") },
];
