/**
 * Environment variables for NGINX where its C library is glibc (mallopt(3)). While NGINX reads a configuration it asks for 400 KiB three times for each `map`
 * (`NGX_HASH_LARGE_HSIZE`) and gives them back; glibc would return them to the system each time, and the same pages would be made and cleared anew.
 */
export const allocatorSettings = { MALLOC_MMAP_THRESHOLD_: '1048576', MALLOC_TRIM_THRESHOLD_: '4194304' } as const;
