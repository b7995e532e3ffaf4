import { bun } from "./clients.ts";
import { describeClient } from "./every-client.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

describeClient(bun, scene);
