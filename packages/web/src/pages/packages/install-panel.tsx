import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { CopyBlock } from "../../components/copy.tsx";
import { Panel } from "../../components/panel.tsx";
import { registryQuery } from "../registries/registry-queries.ts";
import { installCommands } from "./install-commands.ts";
import type { VersionId } from "./package-queries.ts";

/** How each client installs a version, to be copied. */
export function InstallPanel({ id }: { id: VersionId }): ReactElement | null {
  const { data: registry } = useQuery(registryQuery(id.registry));
  if (registry === undefined) return null;
  return (
    <Panel title="Install">
      <div className="grid gap-2">
        {installCommands({ ...id, registryUrl: registry.url }).map(({ client, command }) => (
          <CopyBlock key={client} label={client} text={command} />
        ))}
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
