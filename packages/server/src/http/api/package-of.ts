import { normalizeVersion, parsePackageName } from "@entrepot/core";
import type { Registry } from "../../registry/index.ts";
import { registryOf, type ApiContext } from "./api-route.ts";
import { managesPackage } from "./manages-package.ts";

/** A package that a request is about. */
export interface AskedPackage {
  registry: Registry;
  name: string;
  /** Whether the asker manages it. */
  isManager: boolean;
}

/** The package of the path. Throws unless the asker may see it. */
export async function packageOf(context: ApiContext<unknown>): Promise<AskedPackage> {
  const registry = await registryOf(context, context.param("name"));
  const name = parsePackageName(context.param("package")).full;
  const target = { registry, packageName: name };
  await context.deps.access.assertMay({ principal: context.principal, permission: "view", target });
  return { registry, name, isManager: await managesPackage(context, target) };
}

/** A version in our spelling; what is none stays as it is, and is not found. */
export function versionFrom(text: string): string {
  return normalizeVersion(text) ?? text;
}
