-- JSON {"from", "until", "ahead"}: when that was written which stands last before the position, for lines behind it that
-- have no time of their own.
ALTER TABLE part ADD COLUMN position_timed TEXT;
