// Without this file everything works after a reload; with it the pages follow what happens.
"use strict";

const PAUSE = 2000;
const log = document.getElementById("log");

// Parts that live are taken anew from the page's own address, unless somebody is busy in them.
async function follow(parts) {
  try {
    const answer = await fetch(location.href);
    if (answer.redirected) {
      location.assign(answer.url); // the session is over
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelectorAll("[data-live]");
    parts.forEach((part, place) => {
      const now = fresh[place];
      if (answer.ok && now && !part.contains(document.activeElement) && part.innerHTML !== now.innerHTML) {
        part.replaceChildren(...now.childNodes);
      }
    });
  } catch {
    // the server was stopped; it may come back
  }
  setTimeout(follow, PAUSE, parts);
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function entryOf(seen) {
  const item = element("li", seen.status === null || seen.status >= 400 ? "bad" : "good", "");
  const summary = element("summary", "", "");
  const at = new Date(seen.at * 1000);
  const time = element("time", "", at.toLocaleTimeString("en-GB"));
  time.dateTime = at.toISOString();
  summary.append(time, " ", element("span", "method", seen.method), " ", element("span", "path", seen.path), " ");
  summary.append(element("span", "status", seen.status ?? "no answer"), " ");
  summary.append(element("span", "ms", `${seen.milliseconds} ms`), " ");
  summary.append(element("span", "injected", seen.injected && `injected: ${seen.injected}`));
  const pairs = element("dl", "pairs", "");
  const told = [["Correlation id", seen.correlationID || "none"]];
  told.push(["Request", seen.request || "no body"], ["Answer", seen.answer || "no body"]);
  for (const [name, text] of told) {
    const pair = document.createElement("div");
    const value = document.createElement("dd");
    value.append(element("code", "", text));
    pair.append(element("dt", "", name), value);
    pairs.append(pair);
  }
  const details = document.createElement("details");
  details.append(summary, pairs);
  item.append(details);
  return item;
}

async function listen(last) {
  const live = document.getElementById("live");
  try {
    const answer = await fetch(`/softtoken/v1/log?after=${last}&timeoutSeconds=20`);
    if (answer.status === 401) {
      location.reload(); // to the log-in page
      return;
    }
    const seen = (await answer.json()).entries;
    live.hidden = false;
    if (last === 0) {
      log.replaceChildren();
    }
    for (const entry of seen) {
      log.prepend(entryOf(entry));
      last = entry.number;
    }
    while (log.children.length > 500) {
      log.lastElementChild.remove();
    }
    document.getElementById("empty").hidden = log.children.length > 0;
    setTimeout(listen, 100, last);
  } catch {
    live.hidden = true; // the server was stopped; it counts from 1 when it comes back
    setTimeout(listen, PAUSE, 0);
  }
}

const parts = document.querySelectorAll("[data-live]");
if (parts.length) {
  setTimeout(follow, PAUSE, parts);
}
if (log) {
  document.querySelector("[data-without-script]").hidden = true;
  document.getElementById("live").hidden = false;
  listen(Number(log.dataset.last));
}
document.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
