import { clientName, type Actor } from "../../changes/index.ts";
import type { Registry } from "../registry.ts";
import type { PublishRequest } from "./publish-request.ts";

/** Who publishes and how, kept with the version. */
export interface Publisher {
  userName: string;
  email: string | null;
  via: "password" | "token";
  tokenId: string | null;
  address: string;
  client: string;
}

/** A publish by somebody into a registry. */
export interface PublishInput {
  registry: Registry;
  /** The registry's absolute URL as the client addresses it, without a trailing slash. */
  registryUrl: string;
  publisher: Publisher;
  /** True when the publisher may replace the content of a version that exists. */
  mayOverwrite: boolean;
  request: PublishRequest;
}

/** A publisher as the change log names who writes. */
export function actorOf({ userName, via, tokenId, address, client }: Publisher): Actor {
  const credential = via === "token" ? tokenId : "password";
  return { name: userName, credential, address, client: clientName(client) };
}

/** A publisher as manifests and lists of maintainers name people; npm prints a missing email as `undefined`. */
export function personOf(publisher: Publisher): { name: string; email: string } {
  return { name: publisher.userName, email: publisher.email ?? "" };
}

/** What is kept with a version of who wrote it, as JSON. */
export function provenanceOf(publisher: Publisher): string {
  const { userName, via, tokenId, address, client } = publisher;
  return JSON.stringify({ user: userName, via, tokenId, address, client });
}
