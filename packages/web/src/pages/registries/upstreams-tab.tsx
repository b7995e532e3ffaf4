import type { PageAnswer, ShownRegistryAnswer, UpstreamAnswer } from "@entrepot/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { SelectField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { EmptyState, ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { registryPath } from "./registry-queries.ts";
import { UpstreamHealth } from "./upstream-health.tsx";
import { useRegistry } from "./use-registry.ts";

/** Which upstreams the registry asks, and in which order. */
export function UpstreamsTab(): ReactElement {
  const registry = useRegistry();
  const mayManage = registry.may.includes("manage-registry") && !registry.managed;
  const known = useQuery({
    queryKey: ["upstreams"],
    queryFn: ({ signal }) => api.call<PageAnswer<UpstreamAnswer>>("/upstreams", { signal }),
    enabled: mayManage,
    retry: false,
  });
  const { change, isPending, error } = useOrder(registry);
  const byName = new Map(known.data?.items.map((upstream) => [upstream.name, upstream]));
  const names = registry.upstreams;
  return (
    <Panel title="Asked in this order, for names that are not local" isFlush>
      {names.length === 0 && (
        <EmptyState title="No upstream">
          The registry knows only what is published to it. With an upstream it also gives out what that one
          has.
        </EmptyState>
      )}
      <ol className="divide-y divide-line">
        {names.map((name, at) => (
          <li key={name} className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-2.5">
            <span className="text-faint">{at + 1}.</span>
            <span className="font-medium">{name}</span>
            <UpstreamFacts upstream={byName.get(name)} />
            {mayManage && (
              <span className="ml-auto flex gap-1">
                <Button
                  look="quiet"
                  aria-label={`Up: ${name}`}
                  disabled={at === 0 || isPending}
                  onClick={() => change(moved(names, at))}
                >
                  Up
                </Button>
                <Button
                  look="quiet"
                  disabled={isPending}
                  onClick={() => change(names.filter((other) => other !== name))}
                >
                  Remove<span className="sr-only"> {name}</span>
                </Button>
              </span>
            )}
          </li>
        ))}
      </ol>
      {error !== null && (
        <div className="p-4">
          <ProblemText problem={error} />
        </div>
      )}
      {mayManage && (
        <AddUpstream
          names={[...byName.keys()].filter((name) => !names.includes(name))}
          isBusy={isPending}
          onAdd={(name) => change([...names, name])}
        />
      )}
    </Panel>
  );
}

function UpstreamFacts({ upstream }: { upstream: UpstreamAnswer | undefined }): ReactElement | null {
  if (upstream === undefined) return null;
  return (
    <>
      <span className="min-w-0 text-soft [overflow-wrap:anywhere]">{upstream.url}</span>
      <UpstreamHealth upstream={upstream} />
    </>
  );
}

function useOrder(registry: ShownRegistryAnswer): {
  change: (upstreams: string[]) => void;
  isPending: boolean;
  error: Error | null;
} {
  const client = useQueryClient();
  const tell = useToast();
  const before = registry.upstreams;
  const { mutate, isPending, error } = useMutation({
    mutationFn: (upstreams: string[]) =>
      api.call<ShownRegistryAnswer>(`${registryPath(registry.name)}/upstreams`, {
        method: "PUT",
        body: { upstreams },
      }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ["registries"] });
      tell("The upstreams are changed.", { label: "Undo", run: () => mutate(before) });
    },
  });
  return { change: mutate, isPending, error };
}

function moved(names: readonly string[], at: number): string[] {
  const order = [...names];
  order.splice(at - 1, 0, ...order.splice(at, 1));
  return order;
}

function AddUpstream(props: {
  names: string[];
  isBusy: boolean;
  onAdd: (name: string) => void;
}): ReactElement | null {
  const [chosen, setChosen] = useState("");
  const { names, isBusy, onAdd } = props;
  if (names.length === 0) return null;
  const name = names.includes(chosen) ? chosen : (names[0] ?? "");
  return (
    <form
      className="flex flex-wrap items-end gap-2 border-t border-line px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        onAdd(name);
      }}
    >
      <SelectField label="Add an upstream" value={name} onChange={(event) => setChosen(event.target.value)}>
        {names.map((known) => (
          <option key={known}>{known}</option>
        ))}
      </SelectField>
      <Button type="submit" isBusy={isBusy}>
        Add
      </Button>
    </form>
  );
}
