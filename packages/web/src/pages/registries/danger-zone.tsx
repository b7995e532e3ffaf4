import type { ShownRegistryAnswer } from "@entrepot/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmDialog } from "../../components/dialog.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { registryPath } from "./registry-queries.ts";

/** Switching a registry off, which is taken back with a click, and deleting it, which is not. */
export function DangerZone({ registry }: { registry: ShownRegistryAnswer }): ReactElement {
  return (
    <Panel title="Danger zone" look="danger" isFlush>
      <div className="divide-y divide-line">
        <Switch registry={registry} />
        <Removal name={registry.name} />
      </div>
    </Panel>
  );
}

const ROW = "flex flex-wrap items-center justify-between gap-3 px-4 py-3";

function Switch({ registry: { name, active } }: { registry: ShownRegistryAnswer }): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const switching = useMutation({
    mutationFn: () => api.call(registryPath(name), { method: "PATCH", body: { active: !active } }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ["registries"] });
      tell(active ? `${name} is off.` : `${name} is on again.`);
    },
  });
  return (
    <div className={ROW}>
      <div className="max-w-prose">
        <h3 className="font-medium">{active ? "Switch it off" : "Switch it on"}</h3>
        <p className="text-soft">
          {active
            ? "Its endpoint answers 404 from then on; all data stays, and it can be switched on again."
            : "Its endpoint answers again, with all that it held."}
        </p>
        <ProblemText problem={switching.error} />
      </div>
      <Button isBusy={switching.isPending} onClick={() => switching.mutate()}>
        {active ? "Switch off" : "Switch on"}
      </Button>
    </div>
  );
}

function Removal({ name }: { name: string }): ReactElement {
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();
  const tell = useToast();
  const removing = useMutation({
    mutationFn: () => api.call(registryPath(name), { method: "DELETE" }),
    async onSuccess() {
      await navigate({ to: "/registries" });
      client.removeQueries({ queryKey: ["registries", name] });
      await client.invalidateQueries({ queryKey: ["registries"] });
      tell(`${name} is deleted.`);
    },
  });
  return (
    <div className={ROW}>
      <div className="max-w-prose">
        <h3 className="font-medium">Delete it</h3>
        <p className="text-soft">The registry and all that was published to it are gone for good.</p>
      </div>
      <Button look="danger" onClick={() => setAsking(true)}>
        Delete the registry
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete ${name}?`}
        typed={name}
        verb="Delete for good"
        isBusy={removing.isPending}
        problem={removing.error}
        onConfirm={() => removing.mutate()}
      >
        <p>
          All packages that were published to <strong className="text-text">{name}</strong> go with it, and
          clients that are pointed at it get 404. There is no way back.
        </p>
      </ConfirmDialog>
    </div>
  );
}
