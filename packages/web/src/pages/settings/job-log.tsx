import type { JobAnswer, JobLineAnswer, PageAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ErrorState, LoadingState } from "../../components/states.tsx";

const REFRESH_MS = 2000;

/** What a run said, line by line; it grows while the run goes on. */
export function JobLog({ job, onClose }: { job: JobAnswer; onClose: () => void }): ReactElement {
  const lines = useQuery({
    queryKey: ["jobs", "lines", job.id],
    queryFn: ({ signal }) =>
      api.call<PageAnswer<JobLineAnswer>>(`/jobs/${encodeURIComponent(job.id)}/lines`, { signal }),
    refetchInterval: REFRESH_MS,
  });
  const text = lines.data?.items
    .map(({ at, text: line }) => `${new Date(at).toISOString().slice(11, 19)}  ${line}`)
    .join("\n");
  return (
    <section aria-label={`Log of ${job.kind}`} className="grid gap-2 border-b border-line bg-inset px-4 py-3">
      <div className="flex items-center justify-between gap-2">
        <h3 className="font-medium">
          What {job.kind} said, {new Date(job.runAt).toLocaleString()}
        </h3>
        <Button look="quiet" icon="close" isIconOnly onClick={onClose}>
          Close the log
        </Button>
      </div>
      {lines.isPending && <LoadingState />}
      {lines.isError && <ErrorState error={lines.error} reset={() => void lines.refetch()} />}
      {text === "" && (
        <p className="text-soft">
          Nothing: {job.state === "waiting" ? "it has not begun." : "no line was written."}
        </p>
      )}
      {text !== undefined && text !== "" && (
        <pre
          tabIndex={0}
          aria-label="Lines"
          className="max-h-80 overflow-auto text-xs leading-relaxed whitespace-pre-wrap"
        >
          {text}
        </pre>
      )}
    </section>
  );
}
