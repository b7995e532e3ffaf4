/**
 * File URL of a compiled module of the server by its path, such as `threads/worker.js`, for whoever starts a
 * thread with it. The caller gives its own URL, wherever it runs: from `src` under the test runner, since
 * threads load plain JavaScript only, from `dist`, or from the bundle below it, where threads have files
 * of their own under the same paths.
 */
export function compiledModuleUrl(modulePath: string, importMetaUrl: string): URL {
  const dist = distUrl(importMetaUrl);
  const bundle = new URL("bundle/", dist);
  return new URL(modulePath, importMetaUrl.startsWith(bundle.href) ? bundle : dist);
}

/** URL of the server's `dist` folder, with a slash at its end. */
export function distUrl(importMetaUrl: string): URL {
  return new URL(importMetaUrl.replace(/\/(?:src|dist)\/(?!.*\/(?:src|dist)\/).*$/, "/dist/"));
}
