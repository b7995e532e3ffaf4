import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { freePort } from "../harness/processes.mjs";
import { waitUntilReady } from "../load/http.mjs";

const HINT = "nginx is not installed: apt-get update && apt-get install -y nginx-light";

function command() {
  const found = ["nginx", "/usr/sbin/nginx"].find(
    (path) => spawnSync(path, ["-v"], { stdio: "ignore" }).status === 0,
  );
  return found ?? null;
}

/** @type {import("./index.mjs").Peer} */
export const nginx = {
  id: "nginx",
  label: "nginx",
  isRegistry: false,
  unavailable: async () => (command() === null ? HINT : null),
  async start({ workshop, corpusFolder }) {
    const folder = workshop.folder("nginx");
    layOut(corpusFolder, folder);
    const port = await freePort();
    const configFile = join(folder, "nginx.conf");
    writeFileSync(configFile, configuration(folder, port));
    const launched = workshop.launch({
      label: "nginx",
      command: command(),
      args: ["-e", join(folder, "error.log"), "-c", configFile, "-p", folder],
      core: "server",
    });
    const url = `http://127.0.0.1:${port}`;
    const startedMs = await waitUntilReady(`${url}/-/ping`, launched);
    return { id: "nginx", url, pid: launched.pid, startedMs, stop: launched.stop };
  },
};

/** nginx finds documents as <form>/<path>.gz (gzip_static) and tarballs as tarballs/<path>. */
function layOut(corpusFolder, folder) {
  for (const { path, form, file } of JSON.parse(readFileSync(join(corpusFolder, "corpus.json"), "utf8"))) {
    const target = form === "tarball" ? `tarballs${path}` : `${form}${path}.gz`;
    mkdirSync(dirname(join(folder, target)), { recursive: true });
    symlinkSync(join(corpusFolder, file), join(folder, target));
  }
}

function configuration(folder, port) {
  const isRoot = process.getuid?.() === 0;
  return `${isRoot ? "user root;\n" : ""}worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 300;
  keepalive_requests 1000000000;
  open_file_cache max=1000 inactive=1h;
  open_file_cache_valid 1h;
  etag on;
  types { application/octet-stream tgz; }
  map $http_accept $form {
    default full;
    "~vnd\\.npm\\.install-v1" abbreviated;
  }
  map $http_accept $document_type {
    default application/json;
    "~vnd\\.npm\\.install-v1" application/vnd.npm.install-v1+json;
  }
  server {
    listen 127.0.0.1:${port};
    location = /-/ping { default_type application/json; return 200 "{}"; }
    location ~ \\.tgz$ {
      root ${folder}/tarballs;
      add_header cache-control "private, max-age=31536000, immutable";
    }
    location / {
      root ${folder}/$form;
      types { }
      default_type $document_type;
      gzip_static always;
      add_header cache-control "private, no-cache";
      add_header vary "accept, accept-encoding";
    }
  }
}
`;
}
