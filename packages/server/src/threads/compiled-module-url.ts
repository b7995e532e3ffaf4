/**
 * File URL of a worker's compiled module. Threads load plain JavaScript only, so a caller that itself
 * runs from `src` (under the test runner) gets the module of the same name below `dist`.
 */
export function compiledModuleUrl(relativePath: string, importMetaUrl: string): URL {
  return new URL(relativePath, importMetaUrl.replace("/src/", "/dist/"));
}
