#!/bin/sh
# Checks the service and packs it into dist/, with the commit that it was made from.
set -eu
perl -c service.pl
rm -rf dist && mkdir dist
cp service.pl shop.conf dist/
git rev-parse --short=8 HEAD > dist/version
printf '#!/bin/sh\nexec perl service.pl\n' > dist/run
chmod 755 dist/run
echo "packed $(cat dist/version)"
