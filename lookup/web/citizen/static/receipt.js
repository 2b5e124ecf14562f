// Verifies a receipt (C2SP tlog-proof@v1) under a policy (tlog-policy) in the browser. The receipt is sent nowhere.
// Same rules as `lookup verify receipt`; any input that is not exactly right throws.

import { sm3 } from "./sm3.js";

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true });

function demand(condition, what) {
  if (!condition) throw new Error(what);
}

function decimal(word) {
  demand(/^(0|[1-9][0-9]{0,14})$/.test(word), "number");
  return Number(word);
}

function unbase64(word, length) {
  demand(/^[A-Za-z0-9+/]*={0,2}$/.test(word), "base64");
  const raw = atob(word);
  demand(btoa(raw) === word, "base64");
  const bytes = Uint8Array.from(raw, (c) => c.charCodeAt(0));
  demand(length === undefined || bytes.length === length, "base64 length");
  return bytes;
}

function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const HASHES = new Map([["sha256", sha256], ["sm3", sm3]]);

async function isSigned(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

async function parseKey(word, type) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(word);
  demand(parts, "verifier key");
  const material = unbase64(parts[3], 33);
  demand(material[0] === type, "verifier key type");
  const id = (await sha256(join(utf8.encode(parts[1] + "\n"), material))).slice(0, 4);
  demand(hex(id) === parts[2], "verifier key id");
  return { name: parts[1], id, key: material.slice(1), from: 0, to: Infinity };
}

export async function parsePolicy(data) {
  const policy = { logs: [], witnesses: new Map(), groups: [], quorum: undefined, digest: undefined };
  for (const line of data.split("\n")) {
    const words = line.split(/[ \t]+/).filter(Boolean);
    if (words[0] === "log") policy.logs.push(await parseKey(words[1], 1));
    else if (words[0] === "witness") policy.witnesses.set(words[1], await parseKey(words[2], 4));
    else if (words[0] === "group") {
      const members = words.slice(3);
      const named = { all: members.length, any: 1 };
      policy.groups.push({ name: words[1], threshold: named[words[2]] || decimal(words[2]), members });
    } else if (words[0] === "quorum") policy.quorum = words[1];
    else if (words[0] === "#valid") {
      const log = policy.logs.find((each) => hex(each.id) === words[1]);
      demand(log, "policy");
      log.from = decimal(words[2]);
      log.to = words[3] === "-" ? Infinity : decimal(words[3]);
    } else if (words[0] === "#hash") {
      demand(!policy.digest && words.length === 2 && HASHES.has(words[1]), "policy hash");
      policy.digest = HASHES.get(words[1]);
    } else demand(!words.length || words[0].startsWith("#"), "policy");
  }
  demand(policy.quorum && policy.logs.length, "policy");
  policy.digest ??= sha256;
  return policy;
}

function parseNote(note) {
  const split = note.lastIndexOf("\n\n");
  demand(split > 0 && note.endsWith("\n"), "checkpoint");
  const signatures = note.slice(split + 2, -1).split("\n").map((line) => {
    const parts = /^— (\S+) (\S+)$/.exec(line);
    demand(parts, "signature line");
    const blob = unbase64(parts[2]);
    return { name: parts[1], id: blob.slice(0, 4), blob: blob.slice(4) };
  });
  const body = note.slice(0, split + 1);
  const rows = body.split("\n");
  return { body: utf8.encode(body), origin: rows[0], size: decimal(rows[1]), root: unbase64(rows[2], 32), signatures };
}

async function accept(note, policy) {
  const by = (key) => note.signatures.filter((each) => each.name === key.name && same(each.id, key.id));
  let signed = false;
  for (const log of policy.logs) {
    if (log.name !== note.origin || note.size < log.from || note.size >= log.to) continue;
    for (const { blob } of by(log)) {
      demand(blob.length === 64 && (await isSigned(log.key, blob, note.body)), "log signature");
      signed = true;
    }
  }
  demand(signed, "log signature");
  const reached = new Set();
  for (const [name, witness] of policy.witnesses) {
    for (const { blob } of by(witness)) {
      demand(blob.length === 72, "cosignature");
      const time = new DataView(blob.buffer).getBigUint64(0);
      const message = join(utf8.encode(`cosignature/v1\ntime ${time}\n`), note.body);
      demand(await isSigned(witness.key, blob.slice(8), message), "cosignature");
      reached.add(name);
    }
  }
  const witnesses = [...reached];
  for (const group of policy.groups) {
    if (group.members.filter((each) => reached.has(each)).length >= group.threshold) reached.add(group.name);
  }
  demand(policy.quorum === "none" || reached.has(policy.quorum), "witness quorum");
  return witnesses;
}

async function included(index, size, leaf, proof, root, digest) {
  demand(index < size, "index");
  const node = (left, right) => digest(join(Uint8Array.of(1), left, right));
  let [at, last, value] = [index, size - 1, leaf];
  for (const sibling of proof) {
    demand(last > 0, "proof length");
    if (at % 2 === 1 || at === last) {
      value = await node(sibling, value);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else value = await node(value, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  demand(last === 0 && same(value, root), "inclusion proof");
}

export async function verifyReceipt(data, policyText) {
  const receipt = text.decode(data);
  const policy = await parsePolicy(policyText);
  const split = receipt.indexOf("\n\n");
  const rows = receipt.slice(0, split).split("\n");
  demand(split > 0 && rows[0] === "c2sp.org/tlog-proof@v1" && rows.length <= 66, "receipt");
  demand(rows[1].startsWith("extra ") && rows[2].startsWith("index "), "receipt");
  const body = unbase64(rows[1].slice(6));
  const entry = JSON.parse(text.decode(body));
  const ordered = Object.fromEntries(Object.keys(entry).sort().map((key) => [key, entry[key]]));
  demand(JSON.stringify(ordered) === text.decode(body) && entry.v === 1, "entry");
  const index = decimal(rows[2].slice(6));
  const note = parseNote(receipt.slice(split + 2));
  const witnesses = await accept(note, policy);
  const leaf = await policy.digest(join(Uint8Array.of(0), body));
  const proof = rows.slice(3).map((row) => unbase64(row, 32));
  await included(index, note.size, leaf, proof, note.root, policy.digest);
  return { entry, index, size: note.size, witnesses };
}

async function canVerify() {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch {
    return false;
  }
}

function say(box, kind, headline, details) {
  const section = document.createElement("section");
  section.className = kind === "good" ? "note" : "late";
  const title = document.createElement("p");
  title.append(Object.assign(document.createElement("strong"), { textContent: headline }));
  section.append(title);
  for (const [name, value] of details) {
    section.append(Object.assign(document.createElement("p"), { className: "hint", textContent: `${name}: ${value}` }));
  }
  box.querySelector("#verdict").replaceChildren(section);
}

async function judge(box, receiptFile, policyFile) {
  const words = box.dataset;
  const published = policyFile ? await policyFile.text() : await (await fetch("/audit/policy")).text();
  if (!/^quorum /m.test(published)) return say(box, "bad", words.policy, []);
  try {
    const told = await verifyReceipt(new Uint8Array(await receiptFile.arrayBuffer()), published);
    const at = new Date(told.entry.t / 1000).toLocaleString(document.documentElement.lang);
    say(box, "good", words.good, [
      [words.entry, `${told.entry.w}-${told.entry.s} ${told.entry.a} ${told.entry.o}`],
      [words.at, at],
      [words.index, told.index],
      [words.size, told.size],
      [words.witnesses, told.witnesses.join(", ") || "0"],
    ]);
  } catch (error) {
    say(box, "bad", words.bad, [["", error.message]]);
  }
}

async function start() {
  const box = document.getElementById("check");
  if (!box) return;
  box.hidden = false;
  if (!(await canVerify())) return say(box, "bad", box.dataset.unable, []);
  const receipt = box.querySelector("#receipt");
  const policy = box.querySelector("#policy");
  for (const field of [receipt, policy]) {
    field.addEventListener("change", () => receipt.files[0] && judge(box, receipt.files[0], policy.files[0]));
  }
}

start();
