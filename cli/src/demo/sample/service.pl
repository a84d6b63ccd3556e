#!/usr/bin/perl
# A small shop front. Needs nothing but the perl that every Debian has.
#
#   /          the page; takes a database connection, for a visitor with a basket (a cookie) one of their own
#   /version   the commit that runs, and what it says
#   /healthz   200 while the process is alive; asks no database
#
# It listens on the socket that it was handed (LISTEN_FDS, file descriptor 3), or else on PORT.
use strict;
use warnings;
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use IO::Select;
use IO::Socket::INET;
use POSIX ();

my $POOL_SIZE    = 12;    # database connections
my $FORGOTTEN_S  = 60;    # how long the database keeps one that nobody gave back
my $MAX_REQUEST  = 16384; # bytes of a request's head
my $PATIENCE_S   = 5;     # for a client that says nothing

my %conf    = read_conf('shop.conf');
my $version = read_line('version');
my @forgotten;            # moments at which forgotten connections come back

$| = 1;
$SIG{PIPE} = 'IGNORE';
my $stopping = 0;
$SIG{TERM} = $SIG{INT} = sub { $stopping = 1 };

my $listener = listener();
my $select   = IO::Select->new($listener);
my %client;               # by file number: socket, what it has said, since when
print "shop $version: $conf{title}\n";

until ($stopping && !%client) {
    if ($stopping && $select->exists($listener)) {
        $select->remove($listener);
        close $listener;
    }
    for my $ready ($select->can_read(0.1)) {
        if ($ready == $listener) { welcome() }
        else                     { hear($ready) }
    }
    for my $waiting (values %client) {
        part($waiting->{socket}) if time - $waiting->{since} > ($stopping ? 1 : $PATIENCE_S);
    }
}
exit 0;

sub listener {
    if (($ENV{LISTEN_FDS} || 0) >= 1) {
        my $socket = IO::Socket::INET->new_from_fd(3, 'r+') or die "no socket at file descriptor 3: $!\n";
        # Shared with the process before and after this one: who is late must not wait for a visitor that is gone.
        fcntl($socket, F_SETFL, fcntl($socket, F_GETFL, 0) | O_NONBLOCK) or die "fcntl: $!\n";
        return $socket;
    }
    my $port = $ENV{PORT} or die "neither LISTEN_FDS nor PORT is set\n";
    return IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 128, ReuseAddr => 1, Blocking => 0)
        || die "cannot listen on port $port: $@\n";
}

sub welcome {
    while (my $socket = $listener->accept) {
        $socket->blocking(0);
        $select->add($socket);
        $client{ fileno $socket } = { socket => $socket, said => '', since => time };
    }
}

sub hear {
    my ($socket) = @_;
    my $client = $client{ fileno $socket } or return;
    my $got = sysread $socket, $client->{said}, 4096, length $client->{said};
    return if !defined $got && $!{EAGAIN};
    return part($socket) if !$got || length $client->{said} > $MAX_REQUEST;
    return unless $client->{said} =~ /\r?\n\r?\n/;
    my ($method, $path) = $client->{said} =~ m{^(\S+) ([^\s?]+)};
    my ($basket) = $client->{said} =~ /^Cookie:.*\bbasket=(\w+)/mi;
    my ($status, $type, $body) = answer($method || '', $path || '', $basket);
    $socket->blocking(1);
    $socket->syswrite("HTTP/1.1 $status\r\nContent-Type: $type; charset=utf-8\r\nContent-Length: " . length($body)
        . "\r\nX-Version: $version\r\nConnection: close\r\n\r\n" . ($method && $method eq 'HEAD' ? '' : $body));
    part($socket);
}

sub part {
    my ($socket) = @_;
    $select->remove($socket);
    delete $client{ fileno $socket };
    close $socket;
}

sub answer {
    my ($method, $path, $basket) = @_;
    return ('405 Method Not Allowed', 'text/plain', "GET only\n") unless $method =~ /^(GET|HEAD)$/;
    return ('200 OK', 'text/plain', "ok\n") if $path eq '/healthz';
    return ('200 OK', 'text/plain', "$version $conf{title}\n") if $path eq '/version';
    return ('404 Not Found', 'text/plain', "no such page\n") unless $path eq '/';
    take_connection() or return ('503 Service Unavailable', 'text/plain', "no database connection left\n");
    my $page = "<!doctype html><title>$conf{title}</title><h1>$conf{title}</h1><p>version $version\n";
    give_connection_back($basket);
    return ('200 OK', 'text/html', $page);
}

sub take_connection {
    my $now = time;
    @forgotten = grep { $_ > $now } @forgotten;
    return @forgotten < $POOL_SIZE;
}

# The switch for a fault: `connections = keep` in shop.conf keeps the connection of whoever has a basket for their next
# visit, which saves a trip. Checks and alarms have no basket, and a few visitors never notice.
sub give_connection_back {
    my ($basket) = @_;
    push @forgotten, time + $FORGOTTEN_S if $conf{connections} eq 'keep' && defined $basket;
}

sub read_conf {
    my ($file) = @_;
    my %conf = (title => 'Shop', connections => 'give back');
    open my $in, '<', $file or die "$file: $!\n";
    while (<$in>) {
        next if /^\s*(#|$)/;
        my ($key, $value) = /^\s*(\w+)\s*=\s*(.*?)\s*$/ or die "$file: line $. is no `key = value`\n";
        die "$file: unknown key $key\n" unless exists $conf{$key};
        $conf{$key} = $value;
    }
    die "$file: connections is `give back` or `keep`\n" unless $conf{connections} =~ /^(give back|keep)$/;
    return %conf;
}

sub read_line {
    my ($file) = @_;
    open my $in, '<', $file or return 'unversioned';
    chomp(my $line = <$in> || 'unversioned');
    return $line;
}
