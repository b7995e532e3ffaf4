/** `npm run build`: compiles all packages and puts the server into one file for a quick start. */
import { build, ensureInstalled } from "./prepare.mjs";

ensureInstalled();
await build();
