import { npm11, npm10 } from "./clients.ts";
import { describeClient } from "./every-client.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

describeClient(npm11, scene);
describeClient(npm10, scene);
