import { readFileSync } from "node:fs";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

const THEME_BOOT = new URL("./src/design/theme-boot.js", import.meta.url);

/**
 * Puts the script that sets the theme before the first paint into the head, as a file with a hashed name: the
 * content security policy allows no inline script.
 */
function themeBoot(): Plugin {
  return {
    name: "theme-boot",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle }) {
        const file = Object.keys(bundle ?? {}).find((name) => name.includes("theme-boot"));
        if (file === undefined) throw new Error("The build has no theme-boot.js.");
        // After <base>, which says where it is, and before the styles, which it would wait for.
        return html.replace("<title>", `<script src="./${file}"></script>\n    <title>`);
      },
    },
    buildStart() {
      this.emitFile({ type: "asset", name: "theme-boot.js", source: readFileSync(THEME_BOOT) });
    },
  };
}

// Relative, for the server may be behind a proxy that gives it a path; it tells the page where that is in <base>.
export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  resolve: { conditions: ["source", ...defaultClientConditions] },
  plugins: [react(), tailwindcss(), themeBoot()],
  build: {
    outDir: "../server/dist/console",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": "http://127.0.0.1:4873", "/npm": "http://127.0.0.1:4873" } },
});
