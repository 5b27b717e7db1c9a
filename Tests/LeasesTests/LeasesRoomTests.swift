// The first line of this room; gone with its first real file.
