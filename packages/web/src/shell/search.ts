import type { PageAnswer, RegistryAnswer } from "@entrepot/core";
import { api } from "../api/client.ts";
import type { IconName } from "../components/icon.tsx";
import { findVersions } from "../pages/registries/registry-queries.ts";
import { AREAS } from "./areas.ts";

/** Something that was found. */
export interface Hit {
  title: string;
  about: string;
  kind: "page" | "registry" | "package";
  icon: IconName;
  href: string;
}

const REGISTRIES_MAX = 200;
const REGISTRIES_SEARCHED_MAX = 5;
const SHOWN_MAX = 8;

/** Finds pages, registries, and packages of the first registries, whose name holds the text. */
export async function search(text: string, signal: AbortSignal): Promise<Hit[]> {
  const wanted = text.toLowerCase();
  const query = { limit: REGISTRIES_MAX };
  const { items } = await api.call<PageAnswer<RegistryAnswer>>("/registries", { query, signal });
  const packages = wanted === "" ? [] : await packageHits(items.slice(0, REGISTRIES_SEARCHED_MAX), wanted);
  return [...pageHits(wanted), ...registryHits(items, wanted), ...packages];
}

function pageHits(wanted: string): Hit[] {
  return AREAS.filter(({ title, about }) => `${title} ${about}`.toLowerCase().includes(wanted)).map(
    ({ title, about, icon, to }) => ({ title, about, kind: "page", icon, href: to }),
  );
}

function registryHits(registries: readonly RegistryAnswer[], wanted: string): Hit[] {
  return registries
    .filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(wanted))
    .slice(0, SHOWN_MAX)
    .map(({ name, description }) => ({
      title: name,
      about: description,
      kind: "registry",
      icon: "registry",
      href: `/registries/${encodeURIComponent(name)}`,
    }));
}

async function packageHits(registries: readonly RegistryAnswer[], wanted: string): Promise<Hit[]> {
  const lists = await Promise.all(
    registries.map(async ({ name }) => {
      const names = new Set((await findVersions(name, wanted)).map((version) => version.name));
      return [...names].map((title) => ({ title, registry: name }));
    }),
  );
  return lists.flat().map(({ title, registry }) => ({
    title,
    about: `in ${registry}`,
    kind: "package",
    icon: "package",
    href: `/registries/${encodeURIComponent(registry)}?text=${encodeURIComponent(title)}`,
  }));
}
