import type { ExceptionAnswer } from "@entrepot/core";
import type { ReactElement } from "react";
import { api } from "../../api/client.ts";
import { ReasonDialog } from "./reason-dialog.tsx";
import { useChange } from "./use-change.ts";

/** What can be decided on an exception or a request. */
export type ExceptionVerb = "approve" | "reject" | "revoke";

const WORDS: Readonly<Record<ExceptionVerb, { verb: string; what: string }>> = {
  approve: { verb: "Approve", what: "These versions pass from then on; whoever asked is told." },
  reject: { verb: "Reject", what: "Nothing changes; whoever asked is told, with your note." },
  revoke: { verb: "Revoke", what: "The rules hold for these versions again at once." },
};

interface DecisionProps {
  exception: ExceptionAnswer;
  verb: ExceptionVerb;
  onClose: () => void;
}

/** Asks before an exception is approved, rejected or revoked, with a note. */
export function ExceptionDecision({ exception, verb, onClose }: DecisionProps): ReactElement {
  const { id, packages, range, owner, reason, approvalsNeeded = 1, approvedBy = [] } = exception;
  const what = `${packages}@${range}`;
  const deciding = useChange({
    run: (note: string) =>
      api.call<ExceptionAnswer>(`/exceptions/${encodeURIComponent(id)}/${verb}`, {
        method: "POST",
        body: { note },
      }),
    said: (answer) => saidOf(answer, what),
    onDone: onClose,
  });
  const isFirstOfTwo = verb === "approve" && approvalsNeeded - approvedBy.length > 1;
  return (
    <ReasonDialog
      title={`${WORDS[verb].verb} ${what}?`}
      verb={WORDS[verb].verb}
      look={verb === "approve" ? "primary" : "danger"}
      label="Note"
      isBusy={deciding.isPending}
      problem={deciding.error}
      onClose={onClose}
      onConfirm={(note) => deciding.mutate(note)}
    >
      {owner !== undefined && (
        <p>
          {owner} wants it: {reason}
        </p>
      )}
      <p>
        {isFirstOfTwo
          ? "This is about known malware: a second person has to approve it too before anything passes."
          : WORDS[verb].what}
      </p>
    </ReasonDialog>
  );
}

function saidOf({ state, warnings = [] }: ExceptionAnswer, what: string): string {
  return warnings.length > 0 ? warnings.join(" ") : `${what} is ${state}.`;
}
