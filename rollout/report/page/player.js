for (const p of document.querySelectorAll('.player')) {
  const frames = +p.dataset.frames, columns = +p.dataset.columns, [w, h] = p.dataset.panel.split('x').map(Number);
  const labels = p.dataset.labels.split('|'), canvases = [...p.querySelectorAll('canvas')];
  const image = p.querySelector('img'), slider = p.querySelector('input'), button = p.querySelector('button'), output = p.querySelector('output');
  let timer = 0, hold = 0;
  const draw = i => {
    const x = (i % columns) * canvases.length * w, y = Math.floor(i / columns) * h;
    canvases.forEach((c, k) => {
      const g = c.getContext('2d');
      g.imageSmoothingQuality = 'high';
      g.drawImage(image, x + k * w, y, w, h, 0, 0, c.width, c.height);
    });
    output.textContent = labels[i];
  };
  const play = on => {
    clearInterval(timer);
    timer = 0;
    button.textContent = on ? 'Pause' : 'Play';
    if (on) timer = setInterval(() => {
      if (+slider.value === frames - 1 && hold++ < 8) return;
      hold = 0;
      slider.value = (+slider.value + 1) % frames;
      draw(+slider.value);
    }, 110);
  };
  slider.addEventListener('input', () => { play(false); draw(+slider.value); });
  button.addEventListener('click', () => play(!timer));
  image.decode().then(() => {
    draw(0);
    play(!matchMedia('(prefers-reduced-motion: reduce)').matches);
  });
}
