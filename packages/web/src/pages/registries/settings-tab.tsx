import type { ShownRegistryAnswer } from "@entrepot/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactElement } from "react";
import { api } from "../../api/client.ts";
import { Button } from "../../components/button.tsx";
import { CheckField, SelectField, TextField } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import { ProblemText } from "../../components/states.tsx";
import { useToast } from "../../components/toasts.tsx";
import { DangerZone } from "./danger-zone.tsx";
import { registryPath } from "./registry-queries.ts";
import { useRegistry } from "./use-registry.ts";

type Settings = Pick<
  ShownRegistryAnswer,
  "description" | "anonymousRead" | "frozen" | "allowOverwrite" | "refusalStatus"
>;

/** How the registry is set, and what ends it. */
export function SettingsTab(): ReactElement {
  const registry = useRegistry();
  if (registry.managed) {
    return (
      <Panel title="Settings">
        <p className="max-w-prose text-soft">
          The configuration file of the server declares this registry; change it there and start the server
          again.
        </p>
      </Panel>
    );
  }
  return (
    <div className="grid gap-4">
      <SettingsForm key={registry.updatedAt} registry={registry} />
      <DangerZone registry={registry} />
    </div>
  );
}

function SettingsForm({ registry }: { registry: ShownRegistryAnswer }): ReactElement {
  const client = useQueryClient();
  const tell = useToast();
  const { description, anonymousRead, frozen, allowOverwrite, refusalStatus } = registry;
  const [wish, setWish] = useState<Settings>({
    description,
    anonymousRead,
    frozen,
    allowOverwrite,
    refusalStatus,
  });
  const set = (part: Partial<Settings>): void => setWish({ ...wish, ...part });
  const saving = useMutation({
    mutationFn: () => api.call(registryPath(registry.name), { method: "PATCH", body: wish }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ["registries"] });
      tell("The settings are saved.");
    },
  });

  function send(event: FormEvent): void {
    event.preventDefault();
    saving.mutate();
  }

  return (
    <Panel title="Settings">
      <form className="grid max-w-xl gap-5" onSubmit={send}>
        <TextField
          label="Description"
          maxLength={500}
          value={wish.description}
          onChange={(event) => set({ description: event.target.value })}
        />
        <CheckField
          label="Anyone may read it"
          hint="Whoever reaches this server installs without a credential, what is published here included."
          checked={wish.anonymousRead}
          onChange={(event) => set({ anonymousRead: event.target.checked })}
        />
        <CheckField
          label="Read-only"
          hint="Nothing is published, tagged or removed until it is taken back."
          checked={wish.frozen}
          onChange={(event) => set({ frozen: event.target.checked })}
        />
        <CheckField
          label="Versions may be published again with other content"
          hint="By those with the permission to overwrite. Lockfiles that name the old content will refuse the new."
          checked={wish.allowOverwrite}
          onChange={(event) => set({ allowOverwrite: event.target.checked })}
        />
        <SelectField
          label="What a refused version is answered with"
          hint="Clients show the reason with 403. Some tools go on to another version with 404."
          value={String(wish.refusalStatus)}
          onChange={(event) => set({ refusalStatus: event.target.value === "404" ? 404 : 403 })}
        >
          <option value="403">403, with the reason</option>
          <option value="404">404, as if it were not there</option>
        </SelectField>
        <ProblemText problem={saving.error} />
        <div>
          <Button type="submit" look="primary" isBusy={saving.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Panel>
  );
}
