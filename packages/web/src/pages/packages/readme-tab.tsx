import type { ReactElement } from "react";
import { EmptyState } from "../../components/states.tsx";
import { DownloadsPanel } from "./downloads-panel.tsx";
import { FactsPanel } from "./facts-panel.tsx";
import { InstallPanel } from "./install-panel.tsx";
import { AdvisoriesPanel } from "./advisories-panel.tsx";
import { ProvenancePanel } from "./provenance-panel.tsx";
import { ReadmePanel } from "./readme-panel.tsx";
import { usePackage } from "./use-package.ts";

/** What the package says of itself, and what there is to know before it is installed. */
export function ReadmeTab(): ReactElement {
  const { id, about, version } = usePackage();
  if (version === null) {
    return (
      <EmptyState title="There is no version">
        All versions were removed; nothing is left of what they said.
      </EmptyState>
    );
  }
  const wanted = { ...id, version };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem]">
      <div className="grid min-w-0 gap-4">
        <AdvisoriesPanel id={wanted} />
        <ReadmePanel id={wanted} />
      </div>
      <div className="grid min-w-0 gap-4">
        <FactsPanel id={wanted} about={about} />
        <InstallPanel id={wanted} />
        <DownloadsPanel id={id} />
        <ProvenancePanel id={wanted} />
      </div>
    </div>
  );
}
