import type { OriginAnswer } from "@entrepot/core";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";

const ABOUT: Readonly<Record<OriginAnswer, string>> = {
  local: "Published to this registry",
  cached: "Came from an upstream, and is kept here",
  remote: "Only the upstream has it; it is fetched when somebody installs it",
};

/** Where a package or a version is from, in a word. */
export function OriginBadge({ origin }: { origin: OriginAnswer }): ReactElement {
  return (
    <span title={ABOUT[origin]}>
      <Badge tone={origin === "local" ? "accent" : "neutral"}>{origin}</Badge>
    </span>
  );
}
