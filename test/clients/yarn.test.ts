import { yarn1, yarn4 } from "./clients.ts";
import { describeClient } from "./every-client.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

describeClient(yarn1, scene);
describeClient(yarn4, scene);
