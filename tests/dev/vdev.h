/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port on a virtual device, plugged in for one test and unplugged at its end.
 */
#ifndef POLLEN_TESTS_DEV_VDEV_H
#define POLLEN_TESTS_DEV_VDEV_H

#include <string>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "dev/eal.h"

class Vdev
{
      public:
	Vdev(const std::string &name, const std::string &args) : name(name)
	{
		if (pln_eal_ensure() == 0 &&
		    rte_eal_hotplug_add("vdev", name.c_str(), args.c_str()) == 0)
			plugged = rte_eth_dev_get_port_by_name(name.c_str(), &port) == 0;
	}
	~Vdev()
	{
		if (plugged)
			rte_eal_hotplug_remove("vdev", name.c_str());
	}
	Vdev(const Vdev &) = delete;
	Vdev &operator=(const Vdev &) = delete;

	std::string name;
	bool plugged = false;
	uint16_t port = 0;
};

#endif
