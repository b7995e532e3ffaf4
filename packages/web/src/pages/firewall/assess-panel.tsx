import type { AssessmentAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ErrorState, LoadingState, ProblemText } from "../../components/states.tsx";
import { Time } from "../../components/time.tsx";
import { assessmentsQuery, assessmentTypesQuery } from "./advisory-queries.ts";
import { placePath } from "./firewall-queries.ts";
import { useChange } from "./use-change.ts";
import { placeWords, type Place } from "./use-place.ts";

interface AssessProps {
  advisory: string;
  place: Place;
}

/** What somebody here made of a vulnerability, and saying so. */
export function AssessPanel({ advisory, place }: AssessProps): ReactElement {
  const { data, isPending, error, refetch } = useQuery(assessmentsQuery());
  const about = (data ?? []).filter((one) => one.advisory === advisory);
  return (
    <Panel title="What is made of it here">
      <div className="grid gap-4">
        {isPending && <LoadingState />}
        {error !== null && <ErrorState error={error} reset={() => void refetch()} />}
        {data !== undefined && about.length === 0 && <p className="text-soft">Nobody has assessed it.</p>}
        {about.map((one) => (
          <Assessment key={one.registry} assessment={one} place={place} />
        ))}
        {place.mayManage && <AssessForm advisory={advisory} place={place} />}
      </div>
    </Panel>
  );
}

function Assessment({ assessment, place }: { assessment: AssessmentAnswer; place: Place }): ReactElement {
  const { registry, advisory, type, comment, setBy, expiresAt, isInForce } = assessment;
  const at = registry === "*" ? null : registry;
  const removing = useChange({
    run: () => api.call(assessPath(at, advisory), { method: "DELETE" }),
    said: () => `${advisory} is no longer assessed.`,
    undo: () =>
      api.call(assessPath(at, advisory), { method: "PUT", body: { type, comment, until: expiresAt } }),
  });
  const mayRemove = place.mayManage && at === place.name;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Badge tone={isInForce ? "accent" : "neutral"}>{type}</Badge>
      <span className="min-w-0 [overflow-wrap:anywhere]">
        in {placeWords(registry)}
        {setBy !== null && `, by ${setBy}: ${comment ?? ""}`}
        {expiresAt !== null && (
          <>
            {" "}
            (ends <Time at={expiresAt} />)
          </>
        )}
      </span>
      {mayRemove && (
        <Button look="quiet" isBusy={removing.isPending} onClick={() => removing.mutate()}>
          Take back
        </Button>
      )}
      <ProblemText problem={removing.error} />
    </div>
  );
}

function assessPath(registry: string | null, advisory: string): string {
  return `${placePath(registry)}/assessments/${encodeURIComponent(advisory)}`;
}

function AssessForm({ advisory, place }: AssessProps): ReactElement {
  const { data: types = [] } = useQuery(assessmentTypesQuery());
  const [wish, setWish] = useState({ type: "", comment: "" });
  const { type } = wish;
  const saving = useChange({
    run: () =>
      api.call(assessPath(place.name, advisory), { method: "PUT", body: { type, comment: wish.comment } }),
    said: () => `${advisory} is assessed as ${type} in ${placeWords(place.name)}.`,
    onDone: () => setWish({ type: "", comment: "" }),
  });
  return (
    <form
      aria-label="Assess it"
      className="grid items-end gap-3 border-t border-line pt-3 sm:grid-cols-[1fr_2fr_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <SelectField
        label="As"
        required
        value={type}
        onChange={({ target }) => setWish({ ...wish, type: target.value })}
      >
        <option value="">Choose</option>
        {types.map(({ name, severity, days }) => (
          <option key={name} value={name}>
            {name}
            {severity === null ? "" : ` (counts as ${severity})`}
            {days === null ? "" : `, ${days} days`}
          </option>
        ))}
      </SelectField>
      <TextField
        label="Why"
        required
        maxLength={2000}
        value={wish.comment}
        onChange={({ target }) => setWish({ ...wish, comment: target.value })}
      />
      <Button type="submit" isBusy={saving.isPending}>
        Assess in {placeWords(place.name)}
      </Button>
      <div className="sm:col-span-full">
        <ProblemText problem={saving.error} />
      </div>
    </form>
  );
}
