/** What to install, and from where. */
interface Wish {
  name: string;
  version: string;
  registryUrl: string;
}

/** The command of each client that installs one version from a registry, whatever the client is set up for. */
export function installCommands({ name, version, registryUrl }: Wish): {
  client: string;
  command: string;
}[] {
  const wanted = `${name}@${version}`;
  return [
    { client: "npm", command: `npm install ${wanted} --registry ${registryUrl}` },
    { client: "pnpm", command: `pnpm add ${wanted} --registry ${registryUrl}` },
    { client: "yarn 1", command: `yarn add ${wanted} --registry ${registryUrl}` },
    { client: "yarn 2 and later", command: `YARN_NPM_REGISTRY_SERVER=${registryUrl} yarn add ${wanted}` },
    { client: "bun", command: `bun add ${wanted} --registry ${registryUrl}` },
    { client: "deno", command: `NPM_CONFIG_REGISTRY=${registryUrl} deno add npm:${wanted}` },
  ];
}
