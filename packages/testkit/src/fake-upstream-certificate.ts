import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Makes a self-signed certificate for 127.0.0.1, localhost and `hosts` with the `openssl` command. Both are PEM. */
export async function makeCertificate(hosts: readonly string[] = []): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-certificate-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const alternatives = ["IP:127.0.0.1", "DNS:localhost", ...hosts.map((host) => `DNS:${host}`)];
    const names = ["-subj", "/CN=127.0.0.1", "-addext", `subjectAltName=${alternatives.join(",")}`];
    await run("openssl", ["req", "-x509", ...curve, "-days", "2", ...names, "-keyout", key, "-out", cert]);
    return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
