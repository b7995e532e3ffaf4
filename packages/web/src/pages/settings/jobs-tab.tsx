import type { JobAnswer, JobKindAnswer, PageAnswer } from "@entrepot/core";
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { pagesFrom } from "../../api/paging.ts";
import { Badge, type Tone } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { PagedTable } from "../../components/paged-table.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { useToast } from "../../components/toasts.tsx";
import { JobLog } from "./job-log.tsx";

const route = getRouteApi("/shell/settings/jobs");
const JOBS = "jobs";
const REFRESH_MS = 3000;
const TONES: Readonly<Record<JobAnswer["state"], Tone>> = {
  waiting: "neutral",
  running: "accent",
  done: "good",
  failed: "bad",
};

/** Background work: each kind with its last run and its next, and all runs with what they said. */
export function JobsTab(): ReactElement {
  return (
    <div className="grid gap-4">
      <Kinds />
      <Runs />
    </div>
  );
}

function Kinds(): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const list = useQuery({
    queryKey: [JOBS, "kinds"],
    queryFn: ({ signal }) => api.call<PageAnswer<JobKindAnswer>>("/job-kinds", { signal }),
    refetchInterval: REFRESH_MS,
  });
  const running = useMutation({
    mutationFn: (kind: string) => api.call(`/jobs/${kind}/run`, { method: "POST", body: {} }),
    async onSuccess(_answer, kind) {
      await client.invalidateQueries({ queryKey: [JOBS] });
      tell(`${kind} is queued; it shows below as soon as it begins.`);
    },
  });
  const columns: readonly Column<JobKindAnswer>[] = [
    {
      heading: "Job",
      cell: ({ kind }) => (
        <Link className="font-medium text-accent hover:underline" to="/settings/jobs" search={{ kind }}>
          {kind}
        </Link>
      ),
    },
    {
      heading: "Last run",
      cell: ({ last }) =>
        last === null ? (
          <span className="text-faint">none yet</span>
        ) : (
          <span className="flex flex-wrap items-center gap-1.5">
            <Badge tone={TONES[last.state]}>{last.state}</Badge>
            <Time at={last.runAt} />
          </span>
        ),
    },
    {
      heading: "Next",
      isMinor: true,
      cell: ({ nextAt }) =>
        nextAt === null ? <span className="text-faint">as needed</span> : <Time at={nextAt} />,
    },
    {
      heading: "Action",
      cell: ({ kind }) => (
        <Button look="quiet" className="-my-1.5" onClick={() => running.mutate(kind)}>
          Run now<span className="sr-only"> {kind}</span>
        </Button>
      ),
    },
  ];
  return (
    <Panel title="Jobs" isFlush>
      <ProblemText problem={running.error} />
      {list.isPending && <LoadingState />}
      {list.isError && <ErrorState error={list.error} reset={() => void list.refetch()} />}
      {list.data !== undefined && (
        <DataTable label="Jobs" columns={columns} rows={list.data.items} keyOf={({ kind }) => kind} />
      )}
    </Panel>
  );
}

const RUN_COLUMNS: readonly Column<JobAnswer>[] = [
  { heading: "Job", cell: ({ kind }) => <span className="font-medium">{kind}</span> },
  { heading: "State", cell: ({ state }) => <Badge tone={TONES[state]}>{state}</Badge> },
  { heading: "When", cell: ({ runAt }) => <Time at={runAt} /> },
  {
    heading: "What came of it",
    isMinor: true,
    cell: ({ counts, lastError }) => (
      <span className="[overflow-wrap:anywhere]">{lastError ?? countsText(counts)}</span>
    ),
  },
];

function countsText(counts: JobAnswer["counts"]): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count.toLocaleString("en")} ${name}`)
    .join(", ");
}

function Runs(): ReactElement {
  const { kind } = route.useSearch();
  const [shown, setShown] = useState<JobAnswer | null>(null);
  const list = useInfiniteQuery({
    queryKey: [JOBS, "runs", kind ?? ""],
    ...pagesFrom<JobAnswer>("/jobs", kind === undefined ? {} : { kind }),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  const log: Column<JobAnswer> = {
    heading: "Log",
    cell: (job) => (
      <Button look="quiet" className="-my-1.5" onClick={() => setShown(job)}>
        Log
        <span className="sr-only">
          {" "}
          of {job.kind}, {job.state}
        </span>
      </Button>
    ),
  };
  return (
    <Panel
      title={kind === undefined ? "Runs" : `Runs of ${kind}`}
      isFlush
      actions={
        kind !== undefined && (
          <Link className="text-accent underline" to="/settings/jobs">
            All jobs
          </Link>
        )
      }
    >
      {shown !== null && <JobLog job={shown} onClose={() => setShown(null)} />}
      <PagedTable
        list={list}
        label="Runs"
        columns={[...RUN_COLUMNS, log]}
        keyOf={({ id }) => id}
        empty={
          <EmptyState title="No run yet">
            Jobs run by themselves at their times, or when you run one now.
          </EmptyState>
        }
      />
    </Panel>
  );
}
