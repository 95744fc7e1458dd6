// Draws a box in a picture, and writes it into the form below: x,y,width,height in its pixels.
"use strict";
for (const canvas of document.querySelectorAll(".canvas")) {
  const drawn = canvas.querySelector(".drawn");
  const field = document.querySelector('input[name="box"]');
  const [width, height] = [Number(canvas.dataset.width), Number(canvas.dataset.height)];
  let start = null;
  let box = null;

  const place = (event) => {
    const area = canvas.getBoundingClientRect();
    const within = (value, most) => Math.round(Math.min(Math.max(value, 0), 1) * most);
    return [
      within((event.clientX - area.left) / area.width, width),
      within((event.clientY - area.top) / area.height, height),
    ];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button === 0) start = place(event);
    box = null;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const [x, y] = place(event);
    const size = [Math.abs(x - start[0]), Math.abs(y - start[1])];
    // A click on a vehicle moves by a pixel or two.
    if (box === null && Math.max(...size) < 5) return;
    box = [Math.min(x, start[0]), Math.min(y, start[1]), ...size];
    ["x", "y", "width", "height"].forEach((name, i) => drawn.setAttribute(name, box[i]));
  });
  window.addEventListener("pointerup", () => {
    if (start !== null && box !== null && box[2] > 0 && box[3] > 0) field.value = box.join(",");
    start = null;
  });
  // What ends a box on a vehicle is no click on that vehicle.
  canvas.addEventListener("click", (event) => {
    if (box !== null) event.preventDefault();
  }, true);
  canvas.addEventListener("dragstart", (event) => event.preventDefault());
}
