#!/usr/bin/perl
# Asks a running shop a few questions: perl acceptance.pl PORT
use strict;
use warnings;
use IO::Socket::INET;

my $port = shift or die "usage: acceptance.pl PORT\n";
for my $path ('/healthz', '/version', '/', '/') {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 3) or die "port $port: $@\n";
    print $socket "GET $path HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    my $status = <$socket> || '';
    $status =~ m{^HTTP/1\.1 200} or die "$path: $status\n";
    print "$path is well\n";
}
