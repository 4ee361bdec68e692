// The other side of `?embed`: sends messages to the lab and shows its answers. docs/embedding.md describes them.
const frame = document.querySelector("iframe");
// The lab's own origin. On a page of another origin: name yours in the frame's address, `?embed&origin=https://...`,
// and the lab's here.
const lab = new URL(frame.src).origin;

for (const button of document.querySelectorAll("button[data-send]")) {
  button.addEventListener("click", () => frame.contentWindow.postMessage(JSON.parse(button.dataset.send), lab));
}

window.addEventListener("message", (event) => {
  if (event.source !== frame.contentWindow || event.origin !== lab || event.data?.haLab !== 1) return;
  const line = document.createElement("li");
  line.textContent = JSON.stringify(event.data);
  document.getElementById("said").append(line);
});
