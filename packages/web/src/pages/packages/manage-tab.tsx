import type { Permission, ShownVersionAnswer } from "@entrepot/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { EmptyState, LoadingState } from "../../components/states.tsx";
import { registryQuery } from "../registries/registry-queries.ts";
import { DeprecationPanel } from "./deprecation-panel.tsx";
import { versionQuery, type VersionId } from "./package-queries.ts";
import { StatusPanel } from "./status-panel.tsx";
import { TagsPanel } from "./tags-panel.tsx";
import { UnpublishPanel } from "./unpublish-panel.tsx";
import { usePackage } from "./use-package.ts";

/** What can be done with a package and the version that is chosen, as far as who looks may. */
export function ManageTab(): ReactElement {
  const { id, about, version } = usePackage();
  const { data: registry } = useQuery(registryQuery(id.registry));
  const { data: shown } = useQuery({
    ...versionQuery({ ...id, version: version ?? "" }),
    enabled: version !== null,
  });
  if (version === null) return <EmptyState title="There is no version" />;
  if (registry === undefined || shown === undefined) return <LoadingState />;
  const isLocal = about.origin === "local";
  const parts = partsFor({ id: { ...id, version }, tags: about.distTags, shown, isLocal }, (permission) =>
    registry.may.includes(permission),
  );
  if (parts.length > 0) return <div className="grid gap-4">{parts}</div>;
  return (
    <EmptyState title="Nothing that you may change">
      Ask an administrator for the permission to tag, deprecate or unpublish.
    </EmptyState>
  );
}

interface Managed {
  id: VersionId;
  tags: Readonly<Record<string, string>>;
  shown: ShownVersionAnswer;
  isLocal: boolean;
}

function partsFor(
  { id, tags, shown, isLocal }: Managed,
  may: (permission: Permission) => boolean,
): ReactElement[] {
  const key = id.version;
  return [
    isLocal && may("tag") && <TagsPanel key="tags" id={id} tags={tags} />,
    may(isLocal ? "deprecate" : "manage-registry") && (
      <DeprecationPanel key={`deprecation ${key}`} version={shown} />
    ),
    may("manage-registry") && <StatusPanel key={`status ${key}`} id={id} />,
    isLocal && may("unpublish") && <UnpublishPanel key="unpublish" id={id} />,
  ].filter((part) => part !== false);
}
