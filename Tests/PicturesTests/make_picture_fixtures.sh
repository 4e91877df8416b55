#!/bin/bash
# Makes Fixtures: small JPEG files of every kind, and what libjpeg-turbo's djpeg makes of them.
# Needs cjpeg, djpeg, jpegtran (libjpeg-turbo-progs) and Python with Pillow and NumPy as `python3`.
set -euo pipefail
cd "$(dirname "$0")/Fixtures"
rm -f ./*.jpg ./*.pgm ./*.png
python3 - <<'PYTHON'
import numpy as np
from PIL import Image
random = np.random.default_rng(1)
smooth = Image.fromarray(random.integers(0, 256, (6, 5, 3)).astype(np.uint8)).resize((37, 43), Image.BICUBIC)
noisy = np.clip(np.array(smooth).astype(int) + random.integers(-25, 26, (43, 37, 3)), 0, 255).astype(np.uint8)
Image.fromarray(noisy).save("source.ppm")
Image.fromarray(noisy).convert("CMYK").save("cmyk.jpg", quality=50)
PYTHON
make() {
  local name=$1
  shift
  cjpeg "$@" -outfile "$name.jpg" source.ppm
}
make baseline -quality 80 -sample 1x1
make wide -quality 80 -sample 2x1
make quarter -quality 80 -sample 2x2
make tall -quality 80 -sample 1x2
make strip -quality 80 -sample 4x1
make odd -quality 80 -sample 2x2,2x1,1x2
make grey -quality 80 -grayscale
make rgb -quality 80 -rgb -sample 1x1
make fine -quality 100 -sample 2x2
make coarse -quality 3 -sample 2x2
make restarts -quality 80 -sample 2x2 -restart 2B
make progressive -quality 80 -sample 2x2 -progressive
make progressive-restarts -quality 90 -sample 2x1 -progressive -restart 3B
make progressive-grey -quality 80 -grayscale -progressive
make optimized -quality 60 -sample 2x2 -optimize
make arithmetic -quality 80 -sample 2x2 -arithmetic
make rgb-reduced -quality 80 -rgb -sample 2x2
for name in baseline wide quarter tall strip odd grey rgb fine coarse restarts progressive progressive-restarts \
  progressive-grey optimized; do
  djpeg -grayscale -dct int -outfile "$name.pgm" "$name.jpg"
done
rm source.ppm
