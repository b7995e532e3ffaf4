import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { CopyBlock } from "../../components/copy.tsx";
import { Panel } from "../../components/panel.tsx";
import { registryQuery } from "../registries/registry-queries.ts";
import { installCommands } from "./install-commands.ts";
import type { VersionId } from "./package-queries.ts";

/** How each client installs a version, to be copied. */
export function InstallPanel({ id }: { id: VersionId }): ReactElement | null {
  const { data: registry } = useQuery(registryQuery(id.registry));
  const [client, setClient] = useState("npm");
  if (registry === undefined) return null;
  const commands = installCommands({ ...id, registryUrl: registry.url });
  const shown = commands.find((one) => one.client === client);
  return (
    <Panel title="Install">
      <div className="grid gap-2">
        <div role="group" aria-label="Client" className="flex flex-wrap gap-1">
          {commands.map(({ client }) => (
            <button
              key={client}
              type="button"
              aria-pressed={client === shown?.client}
              onClick={() => setClient(client)}
              className="h-7 rounded-full border border-line px-2.5 text-soft hover:border-line-strong aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
            >
              {client}
            </button>
          ))}
        </div>
        {shown !== undefined && <CopyBlock label={shown.client} text={shown.command} />}
        <p className="text-soft">
          <Link
            className="text-accent underline"
            to="/registries/$registry/set-up"
            params={{ registry: id.registry }}
          >
            Set a client up
          </Link>{" "}
          once, and the commands need no address.
        </p>
      </div>
    </Panel>
  );
}
