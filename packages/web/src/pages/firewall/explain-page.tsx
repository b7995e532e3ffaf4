import type { ExplainAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { Button } from "../../components/button.tsx";
import { SelectField, TextField } from "../../components/field.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ErrorState, LoadingState } from "../../components/states.tsx";
import { Candidates } from "./explain-candidates.tsx";
import { Choice, TagMoves } from "./explain-choice.tsx";
import { VersionPanels } from "./explain-version.tsx";
import { explainQuery } from "./firewall-queries.ts";
import { usePlace, type Place } from "./use-place.ts";

const route = getRouteApi("/shell/firewall/explain");

/** Why a client gets the version that it gets, or none, and what can be done about it. */
export function ExplainPage(): ReactElement {
  const search = route.useSearch();
  const place = usePlace();
  const registry = search.registry ?? place.registries[0];
  const { package: name = "", range = "" } = search;
  return (
    <>
      <PageHeader title={name === "" ? "Explain a version" : `Why this version of ${name}?`}>
        What a client gets of a package, which versions are held back, by which rule, and until when.
      </PageHeader>
      <div className="grid gap-4">
        <Question key={`${registry} ${name} ${range}`} place={place} />
        {registry === undefined || name === "" ? (
          <Panel>
            <EmptyState title="Name a package">
              Write what a client was asked to install, such as <code>left-pad</code> with the range{" "}
              <code>^1.0.0</code>. Without a range any version will do, and <code>latest</code> goes first.
            </EmptyState>
          </Panel>
        ) : (
          <Explanation wanted={{ registry, package: name, range }} place={place} />
        )}
      </div>
    </>
  );
}

function Question({ place }: { place: Place }): ReactElement {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState({
    registry: search.registry ?? place.registries[0] ?? "",
    package: search.package ?? "",
    range: search.range ?? "",
  });
  const set = (part: Partial<typeof asked>): void => setAsked({ ...asked, ...part });
  return (
    <Panel>
      <form
        className="grid items-end gap-3 sm:grid-cols-[1fr_2fr_1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({
            search: {
              registry: asked.registry,
              package: asked.package.trim() || undefined,
              range: asked.range.trim() || undefined,
            },
          });
        }}
      >
        <SelectField
          label="Registry"
          value={asked.registry}
          onChange={({ target }) => set({ registry: target.value })}
        >
          {place.registries.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </SelectField>
        <TextField
          label="Package"
          required
          autoCapitalize="none"
          spellCheck={false}
          value={asked.package}
          onChange={({ target }) => set({ package: target.value })}
        />
        <TextField
          label="Version, range or tag"
          placeholder="latest"
          spellCheck={false}
          value={asked.range}
          onChange={({ target }) => set({ range: target.value })}
        />
        <Button type="submit" look="primary">
          Explain
        </Button>
      </form>
    </Panel>
  );
}

function Explanation(props: {
  wanted: { registry: string; package: string; range: string };
  place: Place;
}): ReactElement {
  const { wanted, place } = props;
  const { data, isPending, error, refetch } = useQuery(explainQuery(wanted));
  const { version } = route.useSearch();
  const navigate = route.useNavigate();
  if (isPending) return <LoadingState what={`Explaining ${wanted.package}`} />;
  if (data === undefined) return <ErrorState error={error} reset={() => void refetch()} />;
  const shown = data.candidates.find((one) => one.version === version) ?? firstToShow(data);
  return (
    <>
      <Choice answer={data} />
      <TagMoves moves={data.tagMoves} />
      {data.candidates.length > 0 && (
        <Candidates
          answer={data}
          shown={shown?.version}
          onShow={(chosen) => void navigate({ search: (before) => ({ ...before, version: chosen }) })}
        />
      )}
      {shown !== undefined && (
        <VersionPanels key={shown.version} answer={data} candidate={shown} place={place} />
      )}
    </>
  );
}

function firstToShow({ candidates, refusal, chosen }: ExplainAnswer) {
  return candidates.find(({ version }) => version === (refusal?.version ?? chosen)) ?? candidates[0];
}
