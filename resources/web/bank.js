// Without this file everything works; with it limits count down, and the page notices the activation or the approval.
"use strict";

const card = document.getElementById("activation");

function show(id) {
  for (const element of [card, document.getElementById("lead"), document.querySelector(".next")]) {
    element.hidden = true;
  }
  const section = document.getElementById(id);
  const title = document.getElementById("title");
  section.hidden = false;
  title.textContent = section.dataset.title;
  title.focus(); // so that a screen reader says it
}

function countDown() {
  const text = document.getElementById("countdown");
  const end = performance.now() + Number(card.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    text.textContent = `Works once, for ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} more.`;
    if (left > 0) {
      setTimeout(tick, 1000);
    } else if (!card.hidden) {
      show("expired");
    }
  };
  tick();
}

async function watch() {
  try {
    const answer = await fetch("/v1/registrations/check-status", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ login: card.dataset.user, timeoutSeconds: 0 }),
    });
    const status = (await answer.json()).activationStatus;
    if (status === "activated") {
      show("activated");
      return;
    }
    if (status !== "pending") {
      return;
    }
  } catch {
    // the server was stopped; it may come back
  }
  setTimeout(watch, 2000);
}

const waiting = document.getElementById("waiting");

function countLeft() {
  const text = document.getElementById("time-left");
  const bar = document.getElementById("progress");
  const end = performance.now() + Number(waiting.dataset.left) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    text.textContent = left === 1 ? "1 second left." : `${left} seconds left.`;
    bar.value = left;
    if (left > 0) {
      setTimeout(tick, 1000);
    }
  };
  tick();
}

async function awaitDevice() {
  try {
    const answer = await fetch(`/v1/sessions/${waiting.dataset.request}`);
    if (answer.ok && (await answer.json()).sessionStatus !== "pending") {
      location.reload(); // the same address says how it ended
      return;
    }
  } catch {
    // the server was stopped; it may come back
  }
  setTimeout(awaitDevice, 1500);
}

if (waiting) {
  countLeft();
  awaitDevice();
}

if (card) {
  countDown();
  watch();
}
