import type { StatusAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { packagePath, statusesQuery, type VersionId } from "./package-queries.ts";
import { useChange, type Change } from "./use-change.ts";

const ACTS = {
  blocked: "Block: nobody installs it",
  held: "Hold: refused until somebody has looked",
  allowed: "Always allow: before every other rule",
  unlisted: "Unlist: not in searches, installed by exact name",
} as const;

type Act = keyof typeof ACTS;

function statusPath(id: VersionId, version: string): string {
  return `${packagePath(id)}/versions/${encodeURIComponent(version)}/status`;
}

function putStatus(id: VersionId, entry: { version: string; status: string; reason: string }): Change {
  const { version, status, reason } = entry;
  const what = version === "*" ? "Every version" : version;
  return {
    method: "PUT",
    path: statusPath(id, version),
    body: { status, reason },
    done: `${what} is ${status}.`,
  };
}

function clearStatus(id: VersionId, { version, status }: { version: string; status: string }): Change {
  const what = version === "*" ? "Every version" : version;
  return {
    method: "DELETE",
    path: `${statusPath(id, version)}?status=${status}`,
    done: `${what} is no longer ${status}.`,
  };
}

/** What whoever manages the registry says of a version, over what the rules say. */
export function StatusPanel({ id }: { id: VersionId }): ReactElement {
  const { data: entries, error, refetch } = useQuery(statusesQuery(id));
  const changing = useChange();
  return (
    <Panel title="Block, hold, allow, unlist" isFlush>
      {error !== null && <ErrorState error={error} reset={() => void refetch()} />}
      <ul aria-label="What is said now" className="divide-y divide-line border-b border-line empty:hidden">
        {(entries ?? []).map((entry) => (
          <Entry
            key={`${entry.registry ?? ""} ${entry.version} ${entry.status}`}
            entry={entry}
            onClear={() =>
              changing.mutate({
                ...clearStatus(id, entry),
                undo: putStatus(id, { ...entry, reason: entry.reason ?? "" }),
              })
            }
            isBusy={changing.isPending}
          />
        ))}
      </ul>
      <StatusForm
        id={id}
        isBusy={changing.isPending}
        onSend={(entry) => changing.mutate({ ...putStatus(id, entry), undo: clearStatus(id, entry) })}
      />
      {changing.error !== null && (
        <div className="px-4 pb-4">
          <ProblemText problem={changing.error} />
        </div>
      )}
    </Panel>
  );
}

function Entry(props: { entry: StatusAnswer; onClear: () => void; isBusy: boolean }): ReactElement {
  const { version, status, reason, setBy, setAt, registry } = props.entry;
  const what = version === "*" ? "Every version" : version;
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-1 px-4 py-2">
      <strong>
        {what} is {status}
      </strong>
      {reason !== null && reason !== "" && <span className="[overflow-wrap:anywhere]">{reason}</span>}
      <span className="text-soft">
        {setBy !== null && `by ${setBy}, `}
        <Time at={setAt} />
        {registry === "*" && ", in every registry"}
      </span>
      {registry !== "*" && (
        <span className="ml-auto">
          <Button look="quiet" disabled={props.isBusy} onClick={props.onClear}>
            Take back<span className="sr-only"> {`${what} ${status}`}</span>
          </Button>
        </span>
      )}
    </li>
  );
}

interface StatusFormProps {
  id: VersionId;
  isBusy: boolean;
  onSend: (entry: { version: string; status: Act; reason: string }) => void;
}

function StatusForm({ id, isBusy, onSend }: StatusFormProps): ReactElement {
  const [status, setStatus] = useState<Act>("blocked");
  const [version, setVersion] = useState(id.version);
  const [reason, setReason] = useState("");
  return (
    <form
      className="grid max-w-xl gap-3 px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ version, status, reason: reason.trim() });
        setReason("");
      }}
    >
      <SelectField label="Of" value={version} onChange={({ target }) => setVersion(target.value)}>
        <option value={id.version}>Version {id.version}</option>
        <option value="*">Every version</option>
      </SelectField>
      <SelectField label="Say" value={status} onChange={({ target }) => setStatus(target.value as Act)}>
        {Object.entries(ACTS).map(([act, words]) => (
          <option key={act} value={act}>
            {words}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Reason"
        hint="Shown to whom it stops."
        maxLength={500}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
      <div>
        <Button type="submit" isBusy={isBusy}>
          Say so
        </Button>
      </div>
    </form>
  );
}
