import type { ReactElement, ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Problem, wayOutOf } from "../api/problem.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** Shown where a list has nothing yet: what would be here, and how it comes. */
export function EmptyState(props: { title: string; children?: ReactNode; action?: ReactNode }): ReactElement {
  return (
    <div className="grid justify-items-center gap-2 px-4 py-12 text-center">
      <p className="text-base font-semibold">{props.title}</p>
      {props.children !== undefined && (
        <div className="prose-links max-w-prose text-soft">{props.children}</div>
      )}
      {props.action !== undefined && <div className="mt-2">{props.action}</div>}
    </div>
  );
}

/** Shown where something could not be read: what is wrong, and what to do about it. */
export function ErrorState({ error, reset }: { error: unknown; reset?: () => void }): ReactElement {
  return (
    <div className="grid justify-items-center gap-3 px-4 py-12">
      <ProblemText problem={error} />
      {reset !== undefined && <Button onClick={() => reset()}>Try again</Button>}
    </div>
  );
}

/** The text of a problem with what mends it, announced as it appears. Nothing when there is none. */
export function ProblemText({ problem }: { problem: unknown }): ReactElement | null {
  if (problem === null || problem === undefined) return null;
  const isKnown = problem instanceof Problem;
  return (
    <div role="alert" className="flex max-w-prose gap-2.5 rounded-md bg-bad-soft px-3 py-2.5">
      <Icon name="alert" className="mt-0.5 text-bad" />
      <div className="grid min-w-0 gap-1">
        <p className="font-medium [overflow-wrap:anywhere]">
          {isKnown ? problem.message : "Something in the console went wrong."}
        </p>
        <WayOut problem={problem} />
        {isKnown && problem.help !== null && (
          <a className="text-accent underline" href={problem.help} target="_blank" rel="noreferrer">
            More about this
          </a>
        )}
      </div>
    </div>
  );
}

// What the server knows about mending is a page of text that is loaded only when there is something to mend.
function WayOut({ problem }: { problem: unknown }): ReactElement {
  const helpCode = problem instanceof Problem ? problem.helpCode : null;
  const { data } = useQuery({
    queryKey: ["help-topic", helpCode],
    enabled: helpCode !== null,
    staleTime: Infinity,
    queryFn: async () => (await import("./help-topic.ts")).mendOf(helpCode ?? ""),
  });
  return <p className="text-soft">{data ?? wayOutOf(problem)}</p>;
}

/** Shown while something is read. It appears late, so that what is quick does not flicker. */
export function LoadingState({ what = "Loading" }: { what?: string }): ReactElement {
  return (
    <div role="status" className="appear-late grid gap-2.5 px-4 py-5">
      <span className="sr-only">{what}…</span>
      {["w-2/3", "w-5/6", "w-1/2"].map((width) => (
        <div key={width} className={`h-3.5 animate-pulse rounded bg-inset ${width}`} />
      ))}
    </div>
  );
}
