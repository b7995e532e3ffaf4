import type { ReactElement } from "react";
import { Button, ButtonLink } from "../../components/button.tsx";
import { CopyBlock } from "../../components/copy.tsx";
import { EmptyState } from "../../components/states.tsx";
import type { PackageFilter } from "./package-queries.ts";
import { useRegistryChoice } from "./registry-choice.ts";

interface NoPackagesProps {
  filter: PackageFilter;
  onChange: (part: PackageFilter) => void;
}

/** What to do where there is no package: look elsewhere, or bring the first. */
export function NoPackages({ filter, onChange }: NoPackagesProps): ReactElement {
  const { text, origin, registry } = filter;
  const registries = useRegistryChoice();
  if (text !== undefined) return <NothingFound filter={filter} onChange={onChange} />;
  if (origin === "remote") {
    return (
      <EmptyState title="What shall upstreams be asked for?">
        What they have is not listed here, for it is too much. Choose a registry and write a name or a word
        into the search; its upstreams are asked then.
      </EmptyState>
    );
  }
  if (origin !== undefined) {
    return (
      <EmptyState
        title={`No ${origin} packages`}
        action={<Button onClick={() => onChange({ origin: undefined })}>Show every origin</Button>}
      >
        {origin === "local"
          ? "Packages are local when somebody publishes or uploads them here."
          : "Packages are cached when somebody installs them through this registry, with all that they need."}
      </EmptyState>
    );
  }
  const chosen = registries.find(({ name }) => name === registry) ?? registries[0];
  return (
    <EmptyState
      title="No packages yet"
      action={
        chosen !== undefined && (
          <ButtonLink to="/registries/$registry/set-up" params={{ registry: chosen.name }} look="primary">
            Set up a client
          </ButtonLink>
        )
      }
    >
      <p>They appear when somebody publishes here, or installs something that comes from an upstream.</p>
      {chosen !== undefined && (
        <div className="mt-3 grid w-[min(36rem,80vw)] gap-2 text-left">
          <CopyBlock
            label="Publish, in a package's folder"
            text={`npm login --registry ${chosen.url}\nnpm publish --registry ${chosen.url}`}
          />
          <CopyBlock label="Install" text={`npm install left-pad --registry ${chosen.url}`} />
        </div>
      )}
    </EmptyState>
  );
}

function NothingFound({ filter, onChange }: NoPackagesProps): ReactElement {
  const { text = "", registry, origin } = filter;
  const registries = useRegistryChoice();
  return (
    <EmptyState
      title={`Nothing here is called “${text}”`}
      action={
        <div className="flex flex-wrap justify-center gap-2">
          {origin !== undefined && (
            <Button onClick={() => onChange({ origin: undefined })}>Search every origin</Button>
          )}
          {registry === undefined &&
            registries
              .filter(({ upstreams }) => upstreams.length > 0)
              .slice(0, 3)
              .map(({ name }) => (
                <Button key={name} onClick={() => onChange({ registry: name })}>
                  Ask the upstreams of {name}
                </Button>
              ))}
        </div>
      }
    >
      {registry === undefined
        ? "Upstreams are asked when a registry is chosen."
        : "Neither the registry nor its upstreams have it, or policy keeps it out of sight."}
    </EmptyState>
  );
}
