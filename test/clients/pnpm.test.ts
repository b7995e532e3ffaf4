import { pnpm12, pnpm10, pnpm9 } from "./clients.ts";
import { describeClient } from "./every-client.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

describeClient(pnpm12, scene);
describeClient(pnpm10, scene);
describeClient(pnpm9, scene);
