import type { UpstreamAnswer } from "@entrepot/core";
import type { ReactElement } from "react";
import { Badge } from "../../components/badge.tsx";

/** How an upstream does, in a word; why, for who points at it. */
export function UpstreamHealth({ upstream }: { upstream: UpstreamAnswer }): ReactElement {
  const { problem, health } = upstream;
  if (problem !== null) return <Badge tone="bad">Cannot be used</Badge>;
  if (health.state === "open") return <Badge tone="bad">Not answering</Badge>;
  if (health.failingSince !== null) return <Badge tone="warn">Failing</Badge>;
  if (health.lastSuccessAt === null) return <Badge>Not asked yet</Badge>;
  return <Badge tone="good">Answers</Badge>;
}
