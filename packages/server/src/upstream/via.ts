/** The `via` header of our own requests, by which a server sees that a request came from itself. */
export function viaHeader(instanceId: string): string {
  return `1.1 entrepot-${instanceId}`;
}

/** Tells whether a request with this `via` header was sent on by a server like this one. */
export function isSentOn(via: string | undefined): boolean {
  if (via === undefined) return false;
  return via.split(",").some((hop) => hop.trim().split(/\s+/)[1]?.startsWith("entrepot-") === true);
}

/** Tells whether a request with this `via` header went through the instance itself: serving it would be a loop. */
export function isOwnRequest(via: string | undefined, instanceId: string): boolean {
  if (via === undefined) return false;
  return via.split(",").some((hop) => hop.trim().split(/\s+/)[1] === `entrepot-${instanceId}`);
}
