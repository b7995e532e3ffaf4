import { isJsonObject, type TarballContent } from "@entrepot/core";
import type { InspectedTarball } from "../threads/index.ts";

/** Scripts that clients run when they install a package from a registry. */
const RUN_AT_INSTALL = ["preinstall", "install", "postinstall"] as const;
const SCRIPT_CHARS_MAX = 2000;
const LICENSE_CHARS_MAX = 2000;

/** What policy wants to know of a tarball, in its own words rather than in those of a manifest beside it. */
export function tarballContentOf(tarball: InspectedTarball, integrity: string | null): TarballContent {
  const { scripts, license, licenses, gypfile } = tarball.packageJson;
  const installScripts: [string, string][] = [];
  for (const name of RUN_AT_INSTALL) {
    const script = isJsonObject(scripts) ? scripts[name] : undefined;
    if (typeof script === "string" && script.trim() !== "") {
      installScripts.push([name, script.slice(0, SCRIPT_CHARS_MAX)]);
    }
  }
  const runsOwn = installScripts.some(([name]) => name === "preinstall" || name === "install");
  return {
    integrity,
    installScripts: Object.fromEntries(installScripts),
    // As npm does it: a binding.gyp is built unless the package has its own install script or says no.
    runsNodeGyp: tarball.hasBindingGyp && !runsOwn && gypfile !== false,
    license: boundedLicense(license ?? licenses ?? null),
    licenceFiles: tarball.licenceFiles,
  };
}

function boundedLicense(license: unknown): unknown {
  return JSON.stringify(license).length > LICENSE_CHARS_MAX ? null : license;
}
