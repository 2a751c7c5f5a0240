// A push service on this machine (RFC 8030) that is the browser's as well: it checks who pushes (RFC 8292), and opens what is
// pushed (RFC 8291) with keys of its own. Written from the RFCs, and against Node's cryptography, not the relay's.

import assert from "node:assert/strict";
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from "node:crypto";
import { createServer } from "node:http";

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

export class PushService {
  constructor(server, origin) {
    this.server = server;
    this.origin = origin;
    /** What was pushed: path, headers and body. */
    this.pushed = [];
    this.keys = createECDH("prime256v1");
    this.keys.generateKeys();
    this.auth = randomBytes(16);
  }

  static async start(t) {
    let service;
    const server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      service.pushed.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(201).end();
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    service = new PushService(server, `http://127.0.0.1:${server.address().port}`);
    t.after(() => server.closeAllConnections() ?? server.close());
    return service;
  }

  /** Stands in for the browser's half of a push service, which a browser under test cannot reach. */
  async subscribeIn(browser) {
    await browser.context.addInitScript(standIn, {
      endpoint: `${this.origin}/anna`,
      p256dh: [...this.keys.getPublicKey()],
      auth: [...this.auth],
    });
  }

  /** Checks a push from head to foot, and returns its record: all of its text and padding. */
  open({ headers, body }) {
    const [, token, key] = headers.authorization.match(/^vapid t=([^,]+), k=(.+)$/);
    const [head, claims, signature] = token.split(".");
    const point = Buffer.from(key, "base64url");
    const jwk = { kty: "EC", crv: "P-256", x: base64url(point.subarray(1, 33)), y: base64url(point.subarray(33)) };
    const by = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" };
    assert.ok(verify("sha256", Buffer.from(`${head}.${claims}`), by, Buffer.from(signature, "base64url")), "signed");
    const { aud, exp } = JSON.parse(Buffer.from(claims, "base64url"));
    assert.equal(aud, this.origin);
    assert.ok(exp > Date.now() / 1000 && exp < Date.now() / 1000 + 86_400);
    assert.equal(headers["content-encoding"], "aes128gcm");

    const [salt, relay, sealed] = [body.subarray(0, 16), body.subarray(21, 86), body.subarray(86)];
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.keys.getPublicKey(), relay]);
    const input = hkdfSync("sha256", this.keys.computeSecret(relay), this.auth, info, 32);
    const derive = (label, length) =>
      Buffer.from(hkdfSync("sha256", Buffer.from(input), salt, Buffer.from(`Content-Encoding: ${label}\0`), length));
    const cipher = createDecipheriv("aes-128-gcm", derive("aes128gcm", 16), derive("nonce", 12));
    cipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
  }
}

function standIn({ endpoint, p256dh, auth }) {
  if (!globalThis.PushManager || location.protocol === "about:") return;
  const NAME = "stand-in-subscription";
  const buffer = (bytes) => Uint8Array.from(bytes).buffer;
  const subscription = () => {
    const key = JSON.parse(localStorage.getItem(NAME));
    return key && {
      endpoint,
      options: { userVisibleOnly: true, applicationServerKey: buffer(key) },
      getKey: (name) => buffer(name === "auth" ? auth : p256dh),
      unsubscribe: async () => localStorage.removeItem(NAME) ?? true,
    };
  };
  PushManager.prototype.getSubscription = async () => subscription();
  PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
    if (!userVisibleOnly || Notification.permission !== "granted") throw new DOMException("", "NotAllowedError");
    localStorage.setItem(NAME, JSON.stringify([...new Uint8Array(applicationServerKey.buffer ?? applicationServerKey)]));
    return subscription();
  };
}
