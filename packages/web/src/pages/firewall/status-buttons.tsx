import type { PageAnswer, StatusAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { statusesQuery, versionPath, type Subject } from "./firewall-queries.ts";
import { ReasonDialog } from "./reason-dialog.tsx";
import { useChange } from "./use-change.ts";

type Word = "held" | "blocked" | "allowed";

const WORDS: Readonly<Record<Word, { verb: string; what: string }>> = {
  held: { verb: "Hold", what: "Nobody gets it until somebody lets go of it." },
  blocked: { verb: "Block", what: "Nobody gets it from now on." },
  allowed: {
    verb: "Always allow",
    what: "It passes whatever the rules after it say; known malware, foreign names and changed content do not.",
  },
};

/** Holding, blocking or allowing a version by hand, and taking that back. */
export function StatusButtons({ subject }: { subject: Subject }): ReactElement {
  const { data, isPending, error, refetch } = useQuery(statusesQuery());
  if (isPending) return <LoadingState />;
  if (data === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  return <Known subject={subject} status={ownStatus(data, subject)} />;
}

function ownStatus({ items }: PageAnswer<StatusAnswer>, subject: Subject): StatusAnswer | undefined {
  return items.find(
    ({ registry, name, version, status }) =>
      registry === subject.registry &&
      name === subject.name &&
      version === subject.version &&
      status in WORDS,
  );
}

function Known({ subject, status }: { subject: Subject; status: StatusAnswer | undefined }): ReactElement {
  const [asked, setAsked] = useState<Word | null>(null);
  const path = `${versionPath(subject)}/status`;
  const what = `${subject.name}@${subject.version}`;
  const setting = useChange({
    run: ({ word, reason }: { word: Word; reason: string }) =>
      api.call(path, { method: "PUT", body: { status: word, reason } }),
    said: (_done, { word }) => `${what} is ${word}.`,
    onDone: () => setAsked(null),
    undo: () => api.call(path, { method: "DELETE" }),
  });
  const clearing = useChange({
    run: () => api.call(path, { method: "DELETE" }),
    said: () => `Nothing is said of ${what} by hand any more.`,
  });
  return (
    <div className="grid gap-3">
      {status === undefined ? (
        <p className="text-soft">Nobody has said anything of it by hand.</p>
      ) : (
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={status.status === "allowed" ? "warn" : "bad"}>{status.status}</Badge>
          <span className="[overflow-wrap:anywhere]">
            by {status.setBy}
            {status.reason === "" || status.reason === null ? "" : `: ${status.reason}`}
          </span>
        </p>
      )}
      <ProblemText problem={clearing.error} />
      <div className="flex flex-wrap gap-2">
        {(Object.keys(WORDS) as Word[]).map((word) => (
          <Button key={word} disabled={status?.status === word} onClick={() => setAsked(word)}>
            {WORDS[word].verb}
          </Button>
        ))}
        {status !== undefined && (
          <Button look="quiet" isBusy={clearing.isPending} onClick={() => clearing.mutate()}>
            Take back
          </Button>
        )}
      </div>
      {asked !== null && (
        <ReasonDialog
          title={`${WORDS[asked].verb} ${what}?`}
          verb={WORDS[asked].verb}
          look={asked === "allowed" ? "danger" : "primary"}
          isBusy={setting.isPending}
          problem={setting.error}
          onClose={() => setAsked(null)}
          onConfirm={(reason) => setting.mutate({ word: asked, reason })}
        >
          <p>{WORDS[asked].what}</p>
        </ReasonDialog>
      )}
    </div>
  );
}
