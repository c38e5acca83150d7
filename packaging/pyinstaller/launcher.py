"""What the frozen program runs."""

from softtoken.__main__ import main

raise SystemExit(main())
